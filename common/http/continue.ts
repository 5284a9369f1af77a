import type { IncomingMessage, ServerResponse } from 'node:http';
import type { HttpRequest } from './message.ts';

const kContinue = Symbol('continue');
type Continuing = IncomingMessage & { [kContinue]?: ServerResponse | undefined };

/**
 * Before a request with `Expect: 100-continue` is dispatched: the client, which waits with its body, is told to go on
 * only when somebody starts to read it. Who answers without reading should close the connection, because the body may
 * then come or not (RFC 9110 section 10.1.1); `sendProblem` and `relay` do.
 *
 * Reading through `_read`, which every way of consuming a stream ends in, so it works for all of them.
 */
export function continueWhenRead(req: IncomingMessage, res: ServerResponse): void {
  (req as Continuing)[kContinue] = res;
  const read = req._read;
  req._read = function (size) {
    this._read = read;
    sendContinue(this as IncomingMessage);
    read.call(this, size);
  };
}

/** The client waits for 100 with its body, and nobody has started to read it. */
export function awaitsContinue(req: HttpRequest): boolean {
  return req.awaitsContinue ?? (req as HttpRequest & { [kContinue]?: unknown })[kContinue] !== undefined;
}

function sendContinue(req: Continuing): void {
  const res = req[kContinue];
  req[kContinue] = undefined;
  // Also read when an answer is through and the rest is thrown away: a 100 would then be bytes out of place.
  if (res !== undefined && !res.headersSent && !res.writableEnded) res.writeContinue();
}
