import type { OutgoingHttpHeaders } from 'node:http';
import type { Socket } from 'node:net';
import type { HttpResponse } from '../message.ts';
import { REASONS } from '../status-codes.ts';
import { writePiece } from '../write-piece.ts';
import { fieldLines } from './answer-headers.ts';
import type { IncomingRequest } from './incoming-request.ts';
import { OutgoingHead } from './outgoing-head.ts';

/** What an answer asks of its connection. */
export interface AnswerOwner {
  readonly socket: Socket;
  /** Whether the connection may serve another request after the one at hand. */
  readonly mayStay: boolean;
  /** What an answer says of a connection that stays; perhaps nothing. */
  readonly stayLines: string;
  /** All has been given to the socket, which is to be closed unless `stays`. */
  onAnswerEnd(answer: OutgoingAnswer, stays: boolean): void;
  /** All has been written. */
  onAnswerWritten(answer: OutgoingAnswer): void;
  /** Ends the connection now. */
  destroy(): void;
}

/**
 * The answer to a request of our server, with the face of node:http's ServerResponse. The head waits for the first
 * piece of the body and leaves with it. Framing is written here and nowhere else: a body is never longer or shorter
 * than its Content-Length, for the connection is cut then.
 */
export class OutgoingAnswer extends OutgoingHead implements HttpResponse {
  readonly copiesReadBuffer = true;
  readonly #owner: AnswerOwner;
  writableEnded = false;
  writableFinished = false;
  destroyed = false;
  closed = false;
  /** Of the body, given to the socket so far. */
  bodyBytes = 0;
  #needsDrain = false;

  constructor(req: IncomingRequest, owner: AnswerOwner) {
    super(req);
    this.#owner = owner;
  }

  get socket(): Socket {
    return this.#owner.socket;
  }
  get connection(): Socket {
    return this.#owner.socket;
  }
  protected override get mayStay(): boolean {
    return this.#owner.mayStay;
  }
  protected override get stayLines(): string {
    return this.#owner.stayLines;
  }
  get writable(): boolean {
    return !this.writableEnded && !this.destroyed;
  }
  get finished(): boolean {
    return this.writableEnded;
  }
  get writableNeedDrain(): boolean {
    return this.#needsDrain;
  }
  get writableLength(): number {
    return this.#owner.socket.writableLength;
  }
  get writableHighWaterMark(): number {
    return this.#owner.socket.writableHighWaterMark;
  }

  flushHeaders(): void {
    if (!this.headersSent) this.writeHead(this.statusCode);
    if (!this.begun && !this.destroyed) this.#owner.socket.write(this.takeHead(undefined), 'latin1');
  }

  write(chunk: string | Uint8Array, encoding?: unknown, callback?: unknown): boolean {
    if (this.writableEnded) throw Object.assign(new Error('write after end'), { code: 'ERR_STREAM_WRITE_AFTER_END' });
    const onWritten = typeof encoding === 'function' ? encoding : callback;
    if (typeof onWritten === 'function') process.nextTick(onWritten);
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk, encodingOf(encoding)) : chunk;
    if (!this.headersSent) this.writeHead(this.statusCode);
    if (this.destroyed || bytes.length === 0) return true;
    const head = this.begun ? '' : this.takeHead(undefined);
    const { socket } = this.#owner;
    let writable: boolean;
    if (this.bodiless) writable = head === '' || socket.write(head, 'latin1');
    else if (!this.#count(bytes.length)) return true;
    else if (this.chunked) writable = writePiece(socket, `${head}${bytes.length.toString(16)}\r\n`, bytes, '\r\n');
    else writable = writePiece(socket, head, bytes, '');
    // A piece may fit in again before the `drain` of one that did not: that has to be waited for all the same.
    if (!writable) this.#needsDrain = true;
    return !this.#needsDrain;
  }

  end(chunkOrCallback?: unknown, encoding?: unknown, callback?: unknown): this {
    const onEnd = [chunkOrCallback, encoding, callback].find((each) => typeof each === 'function');
    if (onEnd !== undefined) this.once('finish', onEnd as () => void);
    const chunk = typeof chunkOrCallback === 'function' ? undefined : (chunkOrCallback as string | Uint8Array | null);
    if (this.writableEnded || this.destroyed) {
      this.writableEnded = true;
      return this;
    }
    if (!this.begun && typeof chunk === 'string' && encoding === 'latin1') this.#endWithText(chunk);
    else this.#endWith(typeof chunk === 'string' ? Buffer.from(chunk, encodingOf(encoding)) : (chunk ?? EMPTY));
    return this;
  }

  addTrailers(trailers: OutgoingHttpHeaders | readonly [string, string][]): void {
    const entries = Array.isArray(trailers) ? trailers : Object.entries(trailers);
    for (const [name, value] of entries) if (value !== undefined) this.trailers += fieldLines(name, value);
  }

  /** 102 to 199 but 101. */
  writeInformation(status: number, headers: readonly string[] = []): void {
    if (this.headersSent || this.destroyed || this.req.httpVersionMinor === 0) return;
    let head = `HTTP/1.1 ${status} ${REASONS[status] ?? ''}\r\n`;
    for (let i = 0; i < headers.length; i += 2) head += fieldLines(headers[i]!, headers[i + 1]!);
    this.#owner.socket.write(`${head}\r\n`, 'latin1');
  }

  writeContinue(): void {
    this.writeInformation(100);
  }
  writeProcessing(): void {
    this.writeInformation(102);
  }
  writeEarlyHints(hints: Readonly<Record<string, string | readonly string[]>>): void {
    this.writeInformation(
      103,
      Object.entries(hints).flatMap(([name, value]) => [name, [value].flat().join(', ')]),
    );
  }
  cork(): void {}
  uncork(): void {}
  setTimeout(): this {
    return this;
  }

  /** Cuts the connection: what was written of the answer is no whole one. */
  destroy(_error?: Error): this {
    if (!this.destroyed) {
      this.destroyed = true;
      // Without a length or chunks the connection's end is the body's end, so it must not be a clean one.
      const isFramed = this.isFramed || this.chunked || this.left !== undefined;
      if (this.begun && !this.bodiless && !isFramed) this.#owner.socket.resetAndDestroy();
      else this.#owner.destroy();
    }
    return this;
  }

  /** The connection's: the socket has room again. */
  onDrain(): void {
    if (!this.#needsDrain) return;
    this.#needsDrain = false;
    this.emit('drain');
  }

  /** The connection's: all is written, or (`cut`) never will be. */
  close(cut: boolean): void {
    if (this.closed) return;
    this.closed = true;
    this.destroyed = true;
    if (!cut) {
      this.writableFinished = true;
      this.emit('finish');
    }
    this.emit('close');
  }

  #endWithText(text: string): void {
    const head = this.headForWhole(text.length);
    const isSent = !this.bodiless && this.#count(text.length);
    if (!this.chunked) this.#finish(isSent ? head + text : head);
    else this.#finish(`${head}${text === '' ? '' : `${text.length.toString(16)}\r\n${text}\r\n`}${this.#lastChunk()}`);
  }

  #endWith(bytes: Uint8Array): void {
    const head = this.begun ? '' : this.headForWhole(bytes.length);
    const size = this.bodiless ? 0 : bytes.length;
    if (size === 0 || !this.#count(size)) {
      this.#finish(this.chunked ? head + this.#lastChunk() : head);
      return;
    }
    this.writableEnded = true;
    const [before, after] = this.chunked ? [`${head}${size.toString(16)}\r\n`, `\r\n${this.#lastChunk()}`] : [head, ''];
    writePiece(this.#owner.socket, before, bytes, after);
    this.#ended();
  }

  #finish(text: string): void {
    this.writableEnded = true;
    if (text !== '') this.#owner.socket.write(text, 'latin1');
    this.#ended();
  }

  #ended(): void {
    const { socket } = this.#owner;
    // Most answers are in the kernel by now. A callback of the socket's costs as much as the writing.
    if (socket.writableLength === 0) process.nextTick(tellWritten, this.#owner, this);
    else socket.write(EMPTY, () => this.#owner.onAnswerWritten(this));
    // Fewer bytes than were promised: only the connection's end can say so.
    if (this.left !== undefined && this.left > 0 && !this.bodiless) this.destroy();
    else this.#owner.onAnswerEnd(this, this.shouldKeepAlive);
  }

  #lastChunk(): string {
    return `0\r\n${this.trailers}\r\n`;
  }

  /** @returns false when that is more than was promised; the connection has been cut then */
  #count(bytes: number): boolean {
    this.bodyBytes += bytes;
    if (this.left === undefined) return true;
    this.left -= bytes;
    if (this.left >= 0) return true;
    this.destroy();
    return false;
  }
}

const tellWritten = (owner: AnswerOwner, answer: OutgoingAnswer): void => owner.onAnswerWritten(answer);
const EMPTY = new Uint8Array(0);

const encodingOf = (encoding: unknown): BufferEncoding =>
  typeof encoding === 'string' ? (encoding as BufferEncoding) : 'utf8';
