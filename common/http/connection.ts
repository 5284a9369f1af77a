import { connect, type Socket } from 'node:net';
import type { AnswerHead } from './answer-head.ts';
import { AnswerParser, type AnswerSink } from './answer-parser.ts';
import { FieldError } from './field-parser.ts';
import { OutgoingCall } from './outgoing-call.ts';
import { READ_BUFFER } from './read-buffer.ts';
import type { Address, AnswerHandler, OutgoingRequest, Upstream, UpstreamCall } from './upstream.ts';
import { UpstreamError } from './upstream-error.ts';

/** One socket of an upstream, which serves one call after the other. */
export class Connection implements AnswerSink {
  readonly #owner: Upstream;
  readonly #parser: AnswerParser;
  readonly socket: Socket;
  #call: OutgoingCall | undefined = undefined;
  #connectTimer: NodeJS.Timeout | undefined = undefined;
  #connected = false;
  #reused = false;
  #paused = false;
  #idleMs = 0;
  /** Why the socket ended, as far as it said. */
  #cause: Error | undefined = undefined;
  #refusal: UpstreamError | undefined = undefined;
  /** Of `performance.now()`; the owner's. */
  idleUntil = 0;
  /** Place in the owner's list of busy connections, -1 when it is not in it; the owner's. */
  busyAt = -1;

  constructor(address: Address, connectTimeoutMs: number, owner: Upstream) {
    this.#owner = owner;
    this.#parser = new AnswerParser(this);
    const onread = {
      buffer: READ_BUFFER,
      callback: (size: number, buffer: Uint8Array) => this.#onRead(buffer as Buffer, size),
    };
    const where = 'path' in address ? { path: address.path } : { host: address.host, port: address.port };
    this.socket = connect({ ...where, noDelay: true, onread });
    keepReadingAfterWriteError(this.socket);
    this.#connectTimer = setTimeout(() => this.#onConnectTimeout(connectTimeoutMs), connectTimeoutMs);
    this.socket.on('connect', () => this.#onConnect());
    this.socket.on('drain', () => this.#call?.onDrain());
    this.socket.on('end', () => this.#onEnd());
    this.socket.on('error', (error) => {
      this.#cause ??= error;
      // What has come is read in the turn in between; nothing says that nothing more will, for streams end in silence
      // after an error.
      setImmediate(() => setImmediate(() => this.socket.destroy()));
    });
    this.socket.on('close', () => this.#onClose());
  }

  send(head: string, isHead: boolean, body: OutgoingRequest['body'], handler: AnswerHandler): UpstreamCall {
    const call = new OutgoingCall(this, head, body, handler, this.#connected);
    this.#call = call;
    this.#parser.start(isHead);
    if (this.#connected) call.start();
    return call;
  }

  /** Fails the call that is given next, without having sent anything. */
  refuse(error: UpstreamError): void {
    this.#refusal = error;
    this.socket.destroy();
  }

  /** Ends the call with an error, and the connection. */
  abort(): void {
    this.#fail(this.#errorOf('the replica was stopped'));
  }

  /** Ends the connection; a call on it hears nothing more. */
  destroy(): void {
    const call = this.#call;
    this.#call = undefined;
    call?.detach();
    this.#parser.stop();
    clearTimeout(this.#connectTimer);
    this.#owner.forget(this);
    this.socket.destroy();
  }

  pause(): void {
    if (this.#paused) return;
    this.#paused = true;
    this.socket.pause();
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.socket.resume();
  }

  onParsedInformational(head: AnswerHead): void {
    if (head.status !== 100) this.#call!.handler.onInformational?.(head.status, head.fields.flat());
  }

  onParsedHead(head: AnswerHead): void {
    this.#idleMs = head.keepAlive ? idleMsOf(head.keepAliveSeconds) : 0;
    this.#call!.handler.onHead(head);
  }

  onParsedData(chunk: Buffer, last: boolean): void {
    if (!this.#call!.handler.onData(chunk, last) && !last && this.#call !== undefined) this.pause();
  }

  onParsedBody(body: string): void {
    const { handler } = this.#call!;
    if (handler.onBody === undefined) handler.onData(Buffer.from(body, 'latin1'), true);
    else handler.onBody(body);
  }

  onParsedEnd(trailers: string[], clean: boolean): void {
    const call = this.#call!;
    this.#call = undefined;
    call.detach();
    // A socket that is not as new could make the next call's answer be another's: it ends here.
    const isSound = call.bodyEnded && this.#cause === undefined && !this.socket.destroyed;
    const kept = clean && isSound && this.#owner.release(this, this.#idleMs);
    if (kept) {
      this.#reused = true;
      this.resume();
    } else {
      this.destroy();
    }
    call.handler.onEnd(trailers);
  }

  #onConnect(): void {
    clearTimeout(this.#connectTimer);
    this.#connected = true;
    this.#call?.start();
    this.#call?.onDrain();
  }

  #onConnectTimeout(limitMs: number): void {
    this.#cause = new Error(`no connection within ${limitMs} ms`);
    this.socket.destroy();
  }

  #onRead(buffer: Buffer, size: number): boolean {
    if (!this.#call?.headSent) {
      this.#fail(new UpstreamError('malformed', 'an answer before its request', this.#reused));
      return true;
    }
    try {
      this.#parser.execute(buffer, size);
    } catch (error) {
      if (!(error instanceof FieldError)) throw error;
      this.#fail(new UpstreamError('malformed', `not an HTTP/1.1 answer: ${error.message}`, this.#reused));
      return true;
    }
    this.#call?.handler.onReadEnd?.();
    return true;
  }

  #onEnd(): void {
    if (this.#call === undefined) this.destroy();
    else if (!this.#parser.finish()) this.#fail(this.#errorOf('the connection was closed'));
  }

  #onClose(): void {
    if (this.#call === undefined) this.destroy();
    else this.#fail(this.#errorOf(this.#cause?.message ?? 'the connection was closed'));
  }

  #fail(error: UpstreamError): void {
    const call = this.#call;
    this.destroy();
    call?.handler.onError(error);
  }

  #errorOf(message: string): UpstreamError {
    if (this.#refusal !== undefined) return this.#refusal;
    const options = this.#cause === undefined ? undefined : { cause: this.#cause };
    const kind = !this.#connected ? 'connect' : this.#parser.begun ? 'cut' : 'reset_before_head';
    return new UpstreamError(kind, message, this.#reused, options);
  }
}

/**
 * A server that refuses a body answers, closes, and by that resets what is still being written; its answer then waits to
 * be read. Streams end at the first error of either side, and have no option against it that a socket takes.
 */
function keepReadingAfterWriteError(socket: Socket): void {
  const { _writableState: writable, _readableState: readable } = socket as Socket & StreamStates;
  writable.autoDestroy = false;
  readable.autoDestroy = false;
}

interface StreamStates {
  readonly _writableState: { autoDestroy: boolean };
  readonly _readableState: { autoDestroy: boolean };
}

/** A second sooner than the server, so that its close does not cross our next request. */
function idleMsOf(keepAliveSeconds: number | undefined): number {
  return keepAliveSeconds === undefined ? Number.POSITIVE_INFINITY : keepAliveSeconds * 1000 - 1000;
}
