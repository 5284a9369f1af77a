import type { OutgoingHttpHeader, OutgoingHttpHeaders } from 'node:http';
import type { Socket } from 'node:net';
import type { AnswerFraming } from '../answer-head.ts';
import type { HttpResponse } from '../message.ts';
import { REASONS } from '../status-codes.ts';
import { writePiece } from '../write-piece.ts';
import { AnswerHeaders, fieldLines } from './answer-headers.ts';
import { dateLine } from './date-line.ts';
import type { IncomingRequest } from './incoming-request.ts';

type Headers = OutgoingHttpHeaders | OutgoingHttpHeader[];

/** What an answer asks of its connection. */
export interface AnswerOwner {
  readonly socket: Socket;
  /** Whether the connection may serve another request after the one at hand. */
  readonly mayStay: boolean;
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
export class OutgoingAnswer extends AnswerHeaders implements HttpResponse {
  readonly req: IncomingRequest;
  readonly #owner: AnswerOwner;
  statusCode = 200;
  statusMessage = '';
  shouldKeepAlive = true;
  sendDate = true;
  writableEnded = false;
  writableFinished = false;
  destroyed = false;
  closed = false;
  /** The lines given to writeHead, until they leave. */
  #lines = '';
  /** The head has left. */
  #begun = false;
  #chunked = false;
  #bodiless = false;
  #hasDate = false;
  #hasTrailers = false;
  /** By a Content-Length that somebody else counts. */
  #isFramed = false;
  /** Bytes still to come; undefined without a Content-Length. */
  #left: number | undefined = undefined;
  #trailers = '';
  #needsDrain = false;

  constructor(req: IncomingRequest, owner: AnswerOwner) {
    super();
    this.req = req;
    this.#owner = owner;
  }

  get socket(): Socket {
    return this.#owner.socket;
  }
  get connection(): Socket {
    return this.#owner.socket;
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

  writeHead(status: number, reasonOrHeaders?: string | Headers, headersOrNone?: Headers): this {
    if (this.headersSent)
      throw Object.assign(new Error('the head has been written already'), { code: 'ERR_HTTP_HEADERS_SENT' });
    if (!Number.isInteger(status) || status < 100 || status > 999) throw new RangeError(`no status: ${status}`);
    const reason = typeof reasonOrHeaders === 'string' ? reasonOrHeaders : this.statusMessage || REASONS[status];
    const headers = typeof reasonOrHeaders === 'object' ? reasonOrHeaders : headersOrNone;
    if (reason !== undefined && NOT_VALUE.test(reason)) throw new TypeError('bad character in the reason');
    this.statusCode = status;
    this.statusMessage = reason ?? '';
    const withoutLength = status < 200 || status === 204;
    this.#bodiless = withoutLength || status === 304 || this.req.method === 'HEAD';
    if (this.setOnes !== undefined) {
      for (const [name, value] of this.#merged(headers)) this.#addHeader(name, value, withoutLength);
    } else if (Array.isArray(headers)) {
      for (let i = 0; i < headers.length; i += 2) this.#addHeader(headers[i] as string, headers[i + 1]!, withoutLength);
    } else if (headers !== undefined) {
      for (const name in headers) if (headers[name] !== undefined) this.#addHeader(name, headers[name], withoutLength);
    }
    this.headersSent = true;
    return this;
  }

  /**
   * As writeHead, for what a parser of ours has read: the headers are sound, end-to-end, and have a Content-Length
   * when the body is framed by one. Looking at each again would cost more than all the rest of the answer.
   */
  writeCheckedHead(status: number, reason: string, headers: readonly string[], framing: AnswerFraming): void {
    this.statusCode = status;
    this.statusMessage = reason;
    this.#bodiless = framing === 'none';
    this.#isFramed = framing === 'length';
    let lines = '';
    for (let i = 0; i < headers.length; i += 2) {
      const name = headers[i]!;
      if (name.length === 4 && name.toLowerCase() === 'date') this.#hasDate = true;
      else if (name.length === 7 && name.toLowerCase() === 'trailer') this.#hasTrailers = true;
      lines += `${name}: ${headers[i + 1]!}\r\n`;
    }
    this.#lines = lines;
    this.headersSent = true;
  }

  flushHeaders(): void {
    if (!this.headersSent) this.writeHead(this.statusCode);
    if (!this.#begun && !this.destroyed) this.#owner.socket.write(this.#takeHead(undefined), 'latin1');
  }

  write(chunk: string | Uint8Array, encoding?: unknown, callback?: unknown): boolean {
    if (this.writableEnded) throw Object.assign(new Error('write after end'), { code: 'ERR_STREAM_WRITE_AFTER_END' });
    const onWritten = typeof encoding === 'function' ? encoding : callback;
    if (typeof onWritten === 'function') process.nextTick(onWritten);
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk, encodingOf(encoding)) : chunk;
    if (!this.headersSent) this.writeHead(this.statusCode);
    if (this.destroyed || bytes.length === 0) return true;
    const head = this.#begun ? '' : this.#takeHead(undefined);
    const { socket } = this.#owner;
    let writable: boolean;
    if (this.#bodiless) writable = head === '' || socket.write(head, 'latin1');
    else if (!this.#count(bytes.length)) return true;
    else if (this.#chunked) writable = writePiece(socket, `${head}${bytes.length.toString(16)}\r\n`, bytes, '\r\n');
    else writable = writePiece(socket, head, bytes, '');
    this.#needsDrain = !writable;
    return writable;
  }

  end(chunkOrCallback?: unknown, encoding?: unknown, callback?: unknown): this {
    const onEnd = [chunkOrCallback, encoding, callback].find((each) => typeof each === 'function');
    if (onEnd !== undefined) this.once('finish', onEnd as () => void);
    const chunk = typeof chunkOrCallback === 'function' ? undefined : (chunkOrCallback as string | Uint8Array | null);
    if (this.writableEnded || this.destroyed) {
      this.writableEnded = true;
      return this;
    }
    if (!this.#begun && typeof chunk === 'string' && encoding === 'latin1') this.#endWithText(chunk);
    else this.#endWith(typeof chunk === 'string' ? Buffer.from(chunk, encodingOf(encoding)) : (chunk ?? EMPTY));
    return this;
  }

  addTrailers(trailers: OutgoingHttpHeaders | readonly [string, string][]): void {
    const entries = Array.isArray(trailers) ? trailers : Object.entries(trailers);
    for (const [name, value] of entries) if (value !== undefined) this.#trailers += fieldLines(name, value);
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
      const isFramed = this.#isFramed || this.#chunked || this.#left !== undefined;
      if (this.#begun && !this.#bodiless && !isFramed) this.#owner.socket.resetAndDestroy();
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
    const head = this.#headForWhole(text.length);
    if (!this.#chunked) this.#finish(this.#bodiless || !this.#count(text.length) ? head : head + text);
    else this.#finish(`${head}${text === '' ? '' : `${text.length.toString(16)}\r\n${text}\r\n`}${this.#lastChunk()}`);
  }

  #endWith(bytes: Uint8Array): void {
    const head = this.#begun ? '' : this.#headForWhole(bytes.length);
    const size = this.#bodiless ? 0 : bytes.length;
    if (size === 0 || !this.#count(size)) {
      this.#finish(this.#chunked ? head + this.#lastChunk() : head);
      return;
    }
    this.writableEnded = true;
    const [before, after] = this.#chunked
      ? [`${head}${size.toString(16)}\r\n`, `\r\n${this.#lastChunk()}`]
      : [head, ''];
    writePiece(this.#owner.socket, before, bytes, after, this.#onWritten);
    this.#ended();
  }

  #finish(text: string): void {
    this.writableEnded = true;
    if (text === '') process.nextTick(this.#onWritten);
    else this.#owner.socket.write(text, 'latin1', this.#onWritten);
    this.#ended();
  }

  readonly #onWritten = (): void => this.#owner.onAnswerWritten(this);

  #ended(): void {
    // Fewer bytes than were promised: only the connection's end can say so.
    if (this.#left !== undefined && this.#left > 0 && !this.#bodiless) this.destroy();
    else this.#owner.onAnswerEnd(this, this.shouldKeepAlive);
  }

  #lastChunk(): string {
    return `0\r\n${this.#trailers}\r\n`;
  }

  /** @returns false when that is more than was promised; the connection has been cut then */
  #count(bytes: number): boolean {
    if (this.#left === undefined) return true;
    this.#left -= bytes;
    if (this.#left >= 0) return true;
    this.destroy();
    return false;
  }

  /** The head of an answer of which all is known. */
  #headForWhole(bytes: number): string {
    if (!this.headersSent) this.writeHead(this.statusCode);
    const needsChunks = this.#hasTrailers || this.#trailers !== '';
    return this.#takeHead(needsChunks ? undefined : bytes);
  }

  /** @param wholeBytes of the body, when it follows at once */
  #takeHead(wholeBytes: number | undefined): string {
    this.#begun = true;
    const { req } = this;
    const isOld = req.httpVersionMinor === 0;
    let lines = this.#lines;
    if (this.sendDate && !this.#hasDate) lines += dateLine();
    if (!this.#bodiless && !this.#isFramed && this.#left === undefined) {
      if (wholeBytes !== undefined) {
        this.#left = wholeBytes;
        lines += `Content-Length: ${wholeBytes}\r\n`;
      } else if (isOld) {
        this.shouldKeepAlive = false;
      } else {
        this.#chunked = true;
        lines += 'Transfer-Encoding: chunked\r\n';
      }
    }
    // A client that waits for 100 may or may not send its body now.
    if (!this.#owner.mayStay || req.awaitsContinue) this.shouldKeepAlive = false;
    if (!this.shouldKeepAlive) lines += 'Connection: close\r\n';
    else if (isOld) lines += 'Connection: keep-alive\r\n';
    this.#lines = '';
    return `HTTP/1.1 ${this.statusCode} ${this.statusMessage}\r\n${lines}\r\n`;
  }

  /** What was set one by one, with those of writeHead in place of same-named ones. */
  #merged(headers: Headers | undefined): [string, OutgoingHttpHeader][] {
    const merged = new Map<string, [string, OutgoingHttpHeader][]>();
    for (const [lower, [name, value]] of this.setOnes!) merged.set(lower, [[name, value]]);
    const given: [string, OutgoingHttpHeader][] = [];
    if (Array.isArray(headers))
      for (let i = 0; i < headers.length; i += 2) given.push([headers[i] as string, headers[i + 1]!]);
    else for (const [name, value] of Object.entries(headers ?? {})) if (value !== undefined) given.push([name, value]);
    for (const [name] of given) merged.delete(name.toLowerCase());
    return [...merged.values()].flat().concat(given);
  }

  #addHeader(name: string, value: OutgoingHttpHeader, withoutLength: boolean): void {
    switch (name.length) {
      case 4:
        if (name.toLowerCase() === 'date') this.#hasDate = true;
        break;
      case 7:
        if (name.toLowerCase() === 'trailer') {
          this.#hasTrailers = true;
          // Without chunks there is no place for them.
          if (this.req.httpVersionMinor === 0) return;
        }
        break;
      case 10: {
        const lower = name.toLowerCase();
        if (lower === 'connection' && /(?:^|[,\s])close(?:$|[,\s])/i.test(String(value))) this.shouldKeepAlive = false;
        if (lower === 'connection' || lower === 'keep-alive') return;
        break;
      }
      case 14:
        if (name.toLowerCase() === 'content-length') {
          if (withoutLength) return;
          const length = Number(value);
          if (!Number.isSafeInteger(length) || length < 0) throw new TypeError(`no Content-Length: ${String(value)}`);
          if (this.#left !== undefined) throw new TypeError('two Content-Length headers');
          this.#left = length;
        }
        break;
      case 17:
        if (name.toLowerCase() === 'transfer-encoding') return;
        break;
    }
    this.#lines += fieldLines(name, value);
  }
}

const EMPTY = new Uint8Array(0);
const NOT_VALUE = /[^\t\x20-\x7e\x80-\xff]/;

const encodingOf = (encoding: unknown): BufferEncoding =>
  typeof encoding === 'string' ? (encoding as BufferEncoding) : 'utf8';
