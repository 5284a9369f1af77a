import type { Fields } from './fields.ts';
import type { HttpRequest, HttpResponse } from './message.ts';
import { RelayedCall } from './relayed-call.ts';
import type { Upstream } from './upstream.ts';
import type { UpstreamError } from './upstream-error.ts';

export interface RelayOptions {
  /** Request target for the upstream, byte for byte. */
  readonly target: string;
  /** Flat list; replaces same-named headers of the request. */
  readonly addRequestHeaders?: readonly string[];
  /** Target and added headers were read by a parser or made by ourselves: looking at each character again costs much. */
  readonly addsSoundHeaders?: boolean;
  /** Flat list added to the answer, asked for as its head is written, knowing its own; replaces same-named ones. */
  answerHeaders?(status: number, headers: Fields): readonly string[];
  /** For the whole call; 0 or absent: no limit. */
  readonly timeoutMs?: number;
  /** `timeoutMs` ends with the head of an answer of type text/event-stream. */
  readonly timeoutExemptStreams?: boolean;
  /** Host for the upstream; the request's own by default. */
  readonly hostHeader?: string;
  /** Called exactly once, after the last byte or the failure, never from within `relay`. */
  onDone(outcome: RelayOutcome): void;
}

/**
 * How a relayed call ended. With `headSent` false nothing was written to `res`: the caller retries or answers. With
 * true the client's connection has been cut already.
 */
export type RelayOutcome =
  | {
      readonly kind: 'answered';
      readonly status: number;
      readonly requestBytes: number;
      readonly answerBytes: number;
      /** End-to-end headers of the answer, without those added. */
      readonly answerHeaders: Fields;
    }
  | {
      readonly kind: 'failed';
      readonly error: UpstreamError;
      readonly headSent: boolean;
      /** The call may be sent again: `req` is unread and the function has not seen it. */
      readonly retryable: boolean;
      readonly requestBytes: number;
      readonly status?: number;
    }
  | {
      readonly kind: 'timed_out' | 'aborted';
      readonly headSent: boolean;
      readonly status?: number;
      readonly requestBytes: number;
    }
  | { readonly kind: 'client_gone'; readonly status?: number; readonly requestBytes: number };

export interface Relay {
  /** Ends the call now, with outcome `aborted`; no effect once it is done. */
  abort(): void;
}

/**
 * Sends `req` to `upstream` and its answer to `res`, both streamed with backpressure. `req` is not read before a
 * connection is open, so that a call that never got one can be given to another upstream.
 *
 * @throws TypeError when the target or an added header cannot be written as HTTP; nothing was sent
 */
export function relay(req: HttpRequest, res: HttpResponse, upstream: Upstream, options: RelayOptions): Relay {
  const relayed = new RelayedCall(req, res, options);
  relayed.start(upstream);
  return relayed;
}
