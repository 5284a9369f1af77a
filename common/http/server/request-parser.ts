import { ChunkedDecoder } from '../chunked-decoder.ts';
import { FieldError } from '../field-parser.ts';
import { LineBuffer, TooLarge } from '../line-buffer.ts';
import { parseRequestHead, RefusedRequest, type RequestHead } from './request-head.ts';

/** Empty lines before a request line, which some clients send behind a body (RFC 9112 section 2.2). */
const MAX_EMPTY_LINES = 8;

/** What a parser reports, in order. */
export interface RequestSink {
  /** @returns false when the request is not wanted: its body is not read */
  onParsedHead(head: RequestHead): boolean;
  /** `chunk` is a part of what was given to `execute`. */
  onParsedData(chunk: Buffer): void;
  /** Instead: the whole body, Latin-1, of a short request that came in one read. */
  onParsedBody(body: string): void;
  onParsedEnd(trailers: string[]): void;
}

const START = 0;
const START_LF = 1;
const HEAD = 2;
const LENGTH = 3;
const CHUNKED = 4;

/** Reads requests from pieces of bytes, however they are cut. */
export class RequestParser {
  readonly #sink: RequestSink;
  readonly #maxHeadBytes: number;
  readonly #line: LineBuffer;
  #chunked: ChunkedDecoder | undefined = undefined;
  #state = START;
  #left = 0;
  #emptyLines = 0;

  /** @param maxHeadBytes of a request's head, or of its trailers */
  constructor(sink: RequestSink, maxHeadBytes: number) {
    this.#sink = sink;
    this.#maxHeadBytes = maxHeadBytes;
    this.#line = new LineBuffer(maxHeadBytes);
  }

  /** The last head that was reported, as it came. */
  get headBytes(): Buffer {
    const text = this.#line.text();
    return Buffer.from(text.slice(0, text.indexOf('\r\n\r\n') + 4), 'latin1');
  }

  /** In the middle of a head. */
  get inHead(): boolean {
    return this.#state === HEAD || this.#state === START_LF;
  }

  /**
   * Reads `buffer` from `at` to its end, or to the end of a request.
   *
   * @returns where it stopped
   * @throws FieldError when the request breaks a rule; what follows has no meaning
   */
  execute(buffer: Buffer, from: number): number {
    const end = buffer.length;
    let at = from;
    while (this.#state < HEAD && at < end) at = this.#onStart(buffer[at]!, at);
    if (this.#state === HEAD) {
      const headEnd = this.#takeHead(buffer, at, end);
      if (headEnd === -1) return end;
      at = headEnd;
      const head = parseRequestHead(this.#line.text());
      this.#left = head.length;
      this.#state = LENGTH;
      if (head.chunked) {
        this.#chunked ??= new ChunkedDecoder(this.#maxHeadBytes);
        this.#chunked.start();
        this.#state = CHUNKED;
      }
      if (!this.#sink.onParsedHead(head)) return at;
      const rest = this.#line.rest();
      if (rest !== undefined && rest.length > 0 && rest.length === head.length) {
        this.#sink.onParsedBody(rest);
        this.#end(NONE);
        return end;
      }
    }
    if (this.#state === LENGTH) return this.#onLength(buffer, at, end);
    return this.#state === CHUNKED ? this.#onChunked(buffer, at, end) : at;
  }

  /** @returns where to go on */
  #onStart(byte: number, at: number): number {
    if (this.#state === START_LF) {
      if (byte !== 10) throw new FieldError('a bare carriage return');
      this.#state = START;
      return at + 1;
    }
    if (byte === 13) {
      if (++this.#emptyLines > MAX_EMPTY_LINES) throw new FieldError('too many empty lines before a request');
      this.#state = START_LF;
      return at + 1;
    }
    this.#emptyLines = 0;
    this.#state = HEAD;
    return at;
  }

  #takeHead(buffer: Buffer, at: number, end: number): number {
    try {
      return this.#line.take(buffer, at, end);
    } catch (error) {
      if (error instanceof TooLarge) throw new RefusedRequest(431, error.message);
      throw error;
    }
  }

  #onLength(buffer: Buffer, at: number, end: number): number {
    const stop = Math.min(end, at + this.#left);
    if (stop > at) {
      this.#left -= stop - at;
      this.#sink.onParsedData(at === 0 && stop === end ? buffer : buffer.subarray(at, stop));
    }
    if (this.#left === 0) this.#end(NONE);
    return stop;
  }

  #onChunked(buffer: Buffer, from: number, end: number): number {
    const decoder = this.#chunked!;
    let at = from;
    while (at < end) {
      at = decoder.next(buffer, at, end);
      if (decoder.dataEnd > decoder.dataStart)
        this.#sink.onParsedData(buffer.subarray(decoder.dataStart, decoder.dataEnd));
      if (decoder.ended) {
        this.#end(decoder.trailers);
        break;
      }
    }
    return at;
  }

  #end(trailers: string[]): void {
    this.#state = START;
    this.#sink.onParsedEnd(trailers);
  }
}

const NONE: string[] = [];
