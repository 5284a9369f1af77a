import { parseDuration } from '../common/duration.ts';
import { fieldsOf } from '../common/http/fields.ts';
import type { HttpRequest, HttpResponse } from '../common/http/message.ts';
import type { Call } from './modes/mode.ts';

/** A call and how far it is. */
export class ActiveCall implements Call {
  readonly req: HttpRequest;
  readonly res: HttpResponse;
  readonly callId: string | undefined;
  readonly startedAt = performance.now();
  readonly limitMs: number;
  entered = false;
  running = false;
  closed = false;
  over = false;

  /** @param execTimeoutMs 0 is no limit */
  constructor(req: HttpRequest, res: HttpResponse, execTimeoutMs: number) {
    this.req = req;
    this.res = res;
    this.callId = fieldsOf(req).get('x-call-id');
    this.limitMs = limitOf(req, execTimeoutMs);
  }
}

/** X-Timeout shortens the limit; it never lifts or lengthens it (contract 3.5, 9). */
function limitOf(req: HttpRequest, execTimeoutMs: number): number {
  const asked = fieldsOf(req).get('x-timeout');
  if (execTimeoutMs === 0 || asked === undefined) return execTimeoutMs;
  try {
    const askedMs = parseDuration(asked);
    return askedMs > 0 && askedMs < execTimeoutMs ? askedMs : execTimeoutMs;
  } catch {
    return execTimeoutMs;
  }
}
