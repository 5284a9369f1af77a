import type { AnswerHead } from './answer-head.ts';
import { Connection } from './connection.ts';
import { writeRequestHead } from './request-head.ts';
import { UpstreamError } from './upstream-error.ts';

/** Where a server listens: TCP or a Unix socket. */
export type Address = { readonly host: string; readonly port: number } | { readonly path: string };

export interface UpstreamOptions {
  /** How long a connection may take to open; 1000 by default. */
  readonly connectTimeoutMs?: number;
  /** Idle connections kept for reuse; 256 by default. */
  readonly maxIdleSockets?: number;
  /**
   * An idle connection is closed after this long, 30000 by default; a second before the server does it, when the
   * server says so in `Keep-Alive: timeout=N`.
   */
  readonly idleTimeoutMs?: number;
}

/** What to send. */
export interface OutgoingRequest {
  readonly method: string;
  /** Path and query, byte for byte. */
  readonly target: string;
  /** Flat, with Host. Hop-by-hop headers and Content-Length in it are left out: the upstream writes the framing. */
  readonly headers: readonly string[];
  /** Length in bytes; `undefined` means chunked. */
  readonly body: 'none' | { readonly length: number | undefined };
  /** Names of trailers to declare, comma separated; only for a chunked body. */
  readonly trailer?: string | undefined;
}

/** What happens to one call, in this order. Nothing is called from within `send`. */
export interface AnswerHandler {
  /**
   * Body bytes may be written: called once when a connection is open, if `call.writable` was false after `send`, and
   * each time there is room again after `write` returned false.
   */
  onDrain(): void;
  /** 102 to 199 but 101; 100 is swallowed. */
  onInformational?(status: number, headers: string[]): void;
  onHead(head: AnswerHead): void;
  /**
   * A piece of the body, decoded; valid only until this returns, for it may lie in the shared read buffer. `last`:
   * `onEnd` follows at once.
   *
   * @returns false to pause after what has been read already; `call.resume()` goes on
   */
  onData(chunk: Buffer, last: boolean): boolean;
  /** Where there is this, it is called instead of `onData` with a short body that came whole with its head, as Latin-1. */
  onBody?(body: string): void;
  /** Everything that arrived together has been reported, and the answer has not ended. */
  onReadEnd?(): void;
  onEnd(trailers: string[]): void;
  /** Nothing follows. Also after `onHead` and `onData`: the answer was cut. Not called after `call.destroy()`. */
  onError(error: UpstreamError): void;
}

/** A call under way. Without effect once it has ended. */
export interface UpstreamCall {
  /** False until a connection is open, and from a `write` that returned false to `onDrain`. */
  readonly writable: boolean;
  /**
   * Sends a piece of the body, with the head if that is the first.
   *
   * @returns false: wait for `onDrain`
   * @throws RangeError when this is more than the length given
   */
  write(chunk: Buffer): boolean;
  /** As `write`, of Latin-1: cheaper for a short piece that is text already. */
  writeText(text: string): boolean;
  /**
   * The body is whole; a call with body `none` need not call it. `trailers` is flat, for a chunked body only.
   *
   * @throws RangeError when less than the length given was written
   */
  end(trailers?: readonly string[]): void;
  pause(): void;
  resume(): void;
  /** Ends the call and its connection; the handler hears nothing more. Idempotent. */
  destroy(): void;
}

/**
 * One HTTP/1.1 server that we call, over a pool of keep-alive connections (last used first). Strict about what it
 * reads: see answer-head.ts and chunked-decoder.ts. Never sends a request twice; who calls decides that, by
 * `UpstreamError.kind` and `reused`.
 */
export class Upstream {
  readonly #address: Address;
  readonly #connectTimeoutMs: number;
  readonly #maxIdleSockets: number;
  readonly #idleTimeoutMs: number;
  readonly #idle: Connection[] = [];
  /** Each knows its place here. */
  readonly #busy: Connection[] = [];
  #sweep: NodeJS.Timeout | undefined = undefined;
  #closed = false;

  constructor(address: Address, options: UpstreamOptions = {}) {
    this.#address = address;
    this.#connectTimeoutMs = options.connectTimeoutMs ?? 1000;
    this.#maxIdleSockets = options.maxIdleSockets ?? 256;
    this.#idleTimeoutMs = options.idleTimeoutMs ?? 30_000;
  }

  /** Calls that have been sent and have not ended. */
  get inFlight(): number {
    return this.#busy.length;
  }

  /** Connections that wait for a call. */
  get idleSockets(): number {
    return this.#idle.length;
  }

  /**
   * Sends a request on an idle connection, or on a new one.
   *
   * @throws TypeError when the request cannot be written as HTTP; nothing was sent
   */
  send(request: OutgoingRequest, handler: AnswerHandler): UpstreamCall {
    return this.sendHead(writeRequestHead(request), request.method === 'HEAD', request.body, handler);
  }

  /** As `send`, with a head that has been written already. `isHead`: the method is HEAD. */
  sendHead(head: string, isHead: boolean, body: OutgoingRequest['body'], handler: AnswerHandler): UpstreamCall {
    const connection = this.#takeIdle() ?? new Connection(this.#address, this.#connectTimeoutMs, this);
    connection.busyAt = this.#busy.push(connection) - 1;
    if (this.#closed) connection.refuse(new UpstreamError('connect', 'the replica is being stopped', false));
    return connection.send(head, isHead, body, handler);
  }

  /** Idle connections now, busy ones when their call ends. Later calls fail with `connect`. Idempotent. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#sweep);
    this.#sweep = undefined;
    for (const connection of this.#idle.splice(0)) connection.destroy();
  }

  /** Ends all connections now; calls in flight get `onError`. Idempotent. */
  destroy(): void {
    this.close();
    for (const connection of [...this.#busy]) connection.abort();
  }

  /** Called by a connection whose call has ended. @returns whether it is kept */
  release(connection: Connection, idleMs: number): boolean {
    this.#removeBusy(connection);
    const keptMs = Math.min(this.#idleTimeoutMs, idleMs);
    if (this.#closed || keptMs <= 0 || this.#idle.length >= this.#maxIdleSockets) return false;
    connection.idleUntil = performance.now() + keptMs;
    this.#idle.push(connection);
    this.#sweep ??= setTimeout(() => this.#closeExpired(), keptMs).unref();
    return true;
  }

  /** Called by a connection that has ended. */
  forget(connection: Connection): void {
    if (connection.busyAt !== -1) {
      this.#removeBusy(connection);
      return;
    }
    const at = this.#idle.indexOf(connection);
    if (at !== -1) this.#idle.splice(at, 1);
  }

  #removeBusy(connection: Connection): void {
    const last = this.#busy.pop()!;
    if (last !== connection) {
      this.#busy[connection.busyAt] = last;
      last.busyAt = connection.busyAt;
    }
    connection.busyAt = -1;
  }

  #takeIdle(): Connection | undefined {
    if (this.#idle.length === 0) return undefined;
    const now = performance.now();
    for (;;) {
      const connection = this.#idle.pop();
      if (connection === undefined || connection.idleUntil > now) return connection;
      connection.destroy();
    }
  }

  #closeExpired(): void {
    this.#sweep = undefined;
    const now = performance.now();
    let next = Number.POSITIVE_INFINITY;
    for (const connection of [...this.#idle]) {
      if (connection.idleUntil <= now) connection.destroy();
      else next = Math.min(next, connection.idleUntil);
    }
    if (this.#idle.length > 0) this.#sweep = setTimeout(() => this.#closeExpired(), Math.max(1, next - now)).unref();
  }
}
