import type { UpstreamError } from './upstream-error.ts';

/** Where a server listens: TCP or a Unix socket. */
export type Address = { readonly host: string; readonly port: number } | { readonly path: string };

export interface UpstreamOptions {
  /** How long a connection may take to open; 1000 by default. */
  readonly connectTimeoutMs?: number;
  /** Idle connections kept for reuse; 256 by default. */
  readonly maxIdleSockets?: number;
  /** An idle connection is closed after this long, which should be sooner than the peer does it; 30000 by default. */
  readonly idleTimeoutMs?: number;
}

/** What to send. Framing headers (Connection, Content-Length, Transfer-Encoding, Trailer) are written by the upstream. */
export interface OutgoingRequest {
  readonly method: string;
  /** Path and query, byte for byte. */
  readonly target: string;
  /** Flat name/value list of end-to-end headers, with Host and without framing headers. */
  readonly headers: readonly string[];
  /** Length in bytes; `undefined` means chunked. */
  readonly body: 'none' | { readonly length: number | undefined };
  /** Names of trailers to declare, comma separated; only for a chunked body. */
  readonly trailer?: string | undefined;
}

/** What happens to one call, in order. All methods are called from the socket's events, never from within `send`. */
export interface AnswerHandler {
  /** 102 to 199 but 101; 100 is swallowed. */
  onInformational?(status: number, headers: string[]): void;
  /**
   * Body bytes may be written: called once when a connection is open, if `call.writable` was false after `send`, and
   * each time there is room again after `write` returned false.
   */
  onDrain(): void;
  /** `headers` is flat, as received, with hop-by-hop headers; see stripHopByHop in headers.ts. */
  onHead(status: number, reason: string, headers: string[], framing: AnswerFraming): void;
  /**
   * A piece of the body, decoded. `last`: `onEnd` follows at once. The chunk is the callee's.
   *
   * @returns false to pause; `call.resume()` goes on
   */
  onData(chunk: Buffer, last: boolean): boolean;
  onEnd(trailers: string[]): void;
  /** Nothing follows. Also after `onHead` and `onData`: the answer was cut. Not called after `call.destroy()`. */
  onError(error: UpstreamError): void;
}

/** How the answer's end is known. `none`: it has no body, whatever its headers say (HEAD, 204, 304). */
export type AnswerFraming = 'none' | 'length' | 'chunked' | 'close';

export interface UpstreamCall {
  /** False until a connection is open, or when the last `write` returned false. */
  readonly writable: boolean;
  /** False: wait for `onDrain`. @throws Error when more is written than the length given, or before `writable` */
  write(chunk: Buffer): boolean;
  /** The body is whole. `trailers` is flat, for a chunked body only. A call with body `none` need not call it. */
  end(trailers?: readonly string[]): void;
  pause(): void;
  resume(): void;
  /** Ends the call and its connection; the handler hears nothing more. Idempotent. */
  destroy(): void;
}

/**
 * One HTTP/1.1 server that we call, over a pool of keep-alive connections (last used first). Strict about what it
 * reads: see answer-parser.ts. Never sends a request twice.
 */
export class Upstream {
  constructor(_address: Address, _options: UpstreamOptions = {}) {}

  /** Calls that have been sent and have not ended. */
  get inFlight(): number {
    throw new Error('being written');
  }

  send(_request: OutgoingRequest, _handler: AnswerHandler): UpstreamCall {
    throw new Error('being written');
  }

  /** Idle connections now, busy ones when their call ends. Idempotent. */
  close(): void {}

  /** Ends all connections now; calls in flight get `onError`. Idempotent. */
  destroy(): void {}
}
