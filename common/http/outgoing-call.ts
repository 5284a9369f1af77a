import type { Connection } from './connection.ts';
import { fieldLine } from './request-head.ts';
import type { AnswerHandler, OutgoingRequest, UpstreamCall } from './upstream.ts';
import { writePiece } from './write-piece.ts';

/** The sending side of one call: head, then body, framed. */
export class OutgoingCall implements UpstreamCall {
  readonly handler: AnswerHandler;
  #connection: Connection | undefined;
  /** The head until it has been sent, then ''. */
  #head: string;
  readonly #chunked: boolean;
  /** Bytes of the body that are still to come, when the length is known. */
  #left: number;
  headSent = false;
  bodyEnded: boolean;
  writable: boolean;

  constructor(
    connection: Connection,
    head: string,
    body: OutgoingRequest['body'],
    handler: AnswerHandler,
    connected: boolean,
  ) {
    this.handler = handler;
    this.#connection = connection;
    this.#head = head;
    this.#chunked = body !== 'none' && body.length === undefined;
    this.#left = body === 'none' ? 0 : (body.length ?? 0);
    this.bodyEnded = body === 'none' || body.length === 0;
    this.writable = connected;
  }

  /** The connection is open: sends the head, at once or with the body's first piece if that comes in this turn. */
  start(): void {
    if (this.bodyEnded) this.#flushHead();
    else process.nextTick(flushSoon, this);
  }

  write(chunk: Buffer): boolean {
    const connection = this.#connection;
    if (connection === undefined || chunk.length === 0) return true;
    const before = this.#beforePiece(chunk.length);
    return this.#written(writePiece(connection.socket, before, chunk, this.#chunked ? '\r\n' : ''));
  }

  writeText(text: string): boolean {
    const connection = this.#connection;
    if (connection === undefined || text === '') return true;
    const before = this.#beforePiece(text.length);
    return this.#written(connection.socket.write(`${before}${text}${this.#chunked ? '\r\n' : ''}`, 'latin1'));
  }

  end(trailers: readonly string[] = []): void {
    const connection = this.#connection;
    if (connection === undefined || this.bodyEnded) return;
    if (this.#left > 0) throw new RangeError('less body than its Content-Length');
    this.bodyEnded = true;
    if (this.#chunked) connection.socket.write(`${this.#takeHead()}0\r\n${trailerLines(trailers)}\r\n`, 'latin1');
    else this.#flushHead();
  }

  pause(): void {
    this.#connection?.pause();
  }

  resume(): void {
    this.#connection?.resume();
  }

  destroy(): void {
    this.#connection?.destroy();
  }

  /** The call has ended: nothing of it may reach the connection, which may serve another. */
  detach(): void {
    this.#connection = undefined;
  }

  onDrain(): void {
    if (this.writable) return;
    this.writable = true;
    this.handler.onDrain();
  }

  /** For the end of the turn in which the call started. */
  flushHead(): void {
    this.#flushHead();
  }

  /** A piece may fit in again before the `drain` of one that did not: that has to be waited for all the same. */
  #written(fits: boolean): boolean {
    if (!fits) this.writable = false;
    return this.writable;
  }

  #beforePiece(bytes: number): string {
    if (this.#chunked) return `${this.#takeHead()}${bytes.toString(16)}\r\n`;
    this.#left -= bytes;
    if (this.#left < 0) throw new RangeError('more body than its Content-Length');
    return this.#takeHead();
  }

  #flushHead(): void {
    if (this.headSent || this.#connection === undefined) return;
    this.#connection.socket.write(this.#takeHead(), 'latin1');
  }

  #takeHead(): string {
    const head = this.#head;
    this.#head = '';
    this.headSent = true;
    return head;
  }
}

// Two turns of the queue: a stream of which reading starts now hands out its first piece between them.
const flushSoon = (call: OutgoingCall): void => process.nextTick(flushHead, call);
const flushHead = (call: OutgoingCall): void => call.flushHead();

function trailerLines(trailers: readonly string[]): string {
  let lines = '';
  for (let i = 0; i < trailers.length; i += 2) lines += fieldLine(trailers[i]!, trailers[i + 1]!);
  return lines;
}
