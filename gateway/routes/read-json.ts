import type { IncomingMessage } from 'node:http';
import { LONGEST_TIMER_MS } from '../../common/duration.ts';
import { FaasError } from '../../common/errors.ts';
import { dropRest } from '../invoke/body-limit.ts';

/** Deployments carry annotations of any size, and secrets 1 MiB in base64; no known client sends more. */
const MAX_BYTES = 4 * 1024 * 1024;

/**
 * The JSON body of a request, whatever its content type: known clients send none, or text/plain.
 *
 * @param timeoutMs how long the client may take to send it; 0 is no limit
 * @throws FaasError `invalid_request`; `body_too_large`; `timed_out`
 */
export async function readJson(req: IncomingMessage, timeoutMs: number): Promise<unknown> {
  const body = await readBody(req, timeoutMs);
  if (body.trim() === '') throw new FaasError('invalid_request', 'the body is empty; send a JSON object');
  try {
    return JSON.parse(body);
  } catch (cause) {
    throw new FaasError('invalid_request', `the body is no JSON: ${(cause as Error).message}`, { cause });
  }
}

/** Does not iterate over the request: to leave such a loop would destroy the socket that we answer on. */
function readBody(req: IncomingMessage, timeoutMs: number): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const pieces: Buffer[] = [];
  let length = 0;
  const timer = setTimeout(giveUp, timeoutMs || LONGEST_TIMER_MS);
  req.on('data', collect).once('end', finish).once('close', gone);
  return promise.finally(() => {
    clearTimeout(timer);
    req.off('data', collect).off('end', finish).off('close', gone);
    dropRest(req);
  });

  function collect(piece: Buffer): void {
    pieces.push(piece);
    length += piece.length;
    if (length > MAX_BYTES)
      reject(
        new FaasError('body_too_large', `the body is larger than ${MAX_BYTES} bytes, the limit of the API; send less`),
      );
  }
  function finish(): void {
    resolve(Buffer.concat(pieces).toString('utf8'));
  }
  function giveUp(): void {
    const limit = `${timeoutMs / 1000} s, the gateway's read_timeout; send it faster, or raise that`;
    reject(new FaasError('timed_out', `the body did not arrive within ${limit}`));
  }
  function gone(): void {
    reject(new FaasError('invalid_request', 'the connection ended before the body was whole'));
  }
}
