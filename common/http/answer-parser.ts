import { type AnswerHead, parseAnswerHead } from './answer-head.ts';
import { ChunkedDecoder } from './chunked-decoder.ts';
import { FieldError } from './field-parser.ts';
import { LineBuffer } from './line-buffer.ts';

/** Bytes of an answer's head, or of its trailers. */
const MAX_HEAD_BYTES = 65_536;
/** Informational answers before the final one. */
const MAX_INFORMATIONAL = 64;

/** What a parser reports, in order. */
export interface AnswerSink {
  onParsedInformational(head: AnswerHead): void;
  onParsedHead(head: AnswerHead): void;
  /** `chunk` is a part of what was given to `execute`. `last`: the end follows at once. */
  onParsedData(chunk: Buffer, last: boolean): void;
  /** Instead: the whole body, Latin-1, of a short answer that came in one read. */
  onParsedBody(body: string): void;
  /** `clean`: nothing was received after the answer's end. */
  onParsedEnd(trailers: string[], clean: boolean): void;
  /** 101, after which bytes are no HTTP: `rest` is what came with it. Where this is missing, 101 is malformed. */
  onParsedUpgrade?(head: AnswerHead, rest: Buffer): void;
}

const HEAD = 0;
const LENGTH = 1;
const CHUNKED = 2;
const CLOSE = 3;
/** Nothing more is expected, or the sink wants nothing more. */
const DONE = 4;

/** Reads answers from pieces of bytes, however they are cut. One parser per connection, started for each answer. */
export class AnswerParser {
  readonly #sink: AnswerSink;
  readonly #line = new LineBuffer(MAX_HEAD_BYTES, 'HTTP/1.');
  #chunked: ChunkedDecoder | undefined = undefined;
  #state = DONE;
  #isHead = false;
  #left = 0;
  #informational = 0;
  /** A byte of the present answer has been received. */
  begun = false;

  constructor(sink: AnswerSink) {
    this.#sink = sink;
  }

  /** Expects an answer; `isHead`: to a HEAD request. */
  start(isHead: boolean): void {
    this.#state = HEAD;
    this.#isHead = isHead;
    this.#informational = 0;
    this.begun = false;
  }

  /** Reports nothing more until `start`. May be called by the sink. */
  stop(): void {
    this.#state = DONE;
    this.#line.clear();
  }

  /** The connection ended. @returns true when that is the answer's proper end, which has been reported */
  finish(): boolean {
    if (this.#state !== CLOSE) return false;
    this.#end([], true);
    return true;
  }

  /** Reads `buffer` up to `end`. @throws FieldError when the answer breaks a rule */
  execute(buffer: Buffer, end: number): void {
    this.begun = true;
    let at = 0;
    let rest: string | undefined;
    while (this.#state === HEAD) {
      const headEnd = this.#line.take(buffer, at, end);
      if (headEnd === -1) return;
      at = headEnd;
      rest = this.#line.rest();
      this.#onHead(this.#line.text(), buffer, at, end);
    }
    switch (this.#state) {
      case LENGTH:
        if (rest !== undefined && rest.length > 0 && rest.length === this.#left) this.#onBody(rest);
        else this.#onLength(buffer, at, end);
        break;
      case CHUNKED:
        this.#onChunked(buffer, at, end);
        break;
      case CLOSE:
        if (at < end) this.#sink.onParsedData(buffer.subarray(at, end), false);
        break;
    }
  }

  #onHead(text: string, buffer: Buffer, at: number, end: number): void {
    const head = parseAnswerHead(text, this.#isHead);
    if (head.status < 200) {
      if (head.status === 101) {
        if (this.#sink.onParsedUpgrade === undefined) throw new FieldError('101 without an upgrade');
        this.#state = DONE;
        this.#sink.onParsedUpgrade(head, buffer.subarray(at, end));
        return;
      }
      if (++this.#informational > MAX_INFORMATIONAL) throw new FieldError('too many informational answers');
      this.#sink.onParsedInformational(head);
      return;
    }
    switch (head.framing) {
      case 'none':
        this.#left = 0;
        this.#state = LENGTH;
        break;
      case 'length':
        this.#left = head.length;
        this.#state = LENGTH;
        break;
      case 'chunked':
        this.#chunked ??= new ChunkedDecoder(MAX_HEAD_BYTES);
        this.#chunked.start();
        this.#state = CHUNKED;
        break;
      case 'close':
        this.#state = CLOSE;
        break;
    }
    this.#sink.onParsedHead(head);
    if (this.#state === LENGTH && this.#left === 0) this.#end([], at === end);
  }

  #onLength(buffer: Buffer, at: number, end: number): void {
    if (at === end) return;
    const taken = Math.min(this.#left, end - at);
    this.#left -= taken;
    const last = this.#left === 0;
    this.#sink.onParsedData(at === 0 && taken === buffer.length ? buffer : buffer.subarray(at, at + taken), last);
    if (last && this.#state === LENGTH) this.#end([], at + taken === end);
  }

  #onBody(body: string): void {
    this.#left = 0;
    this.#sink.onParsedBody(body);
    if (this.#state === LENGTH) this.#end([], true);
  }

  #onChunked(buffer: Buffer, from: number, end: number): void {
    const decoder = this.#chunked!;
    let at = from;
    while (at < end) {
      at = decoder.next(buffer, at, end);
      if (decoder.dataEnd > decoder.dataStart) {
        this.#sink.onParsedData(buffer.subarray(decoder.dataStart, decoder.dataEnd), false);
        if (this.#state !== CHUNKED) return;
      }
      if (decoder.ended) {
        this.#end(decoder.trailers, at === end);
        return;
      }
    }
  }

  #end(trailers: string[], clean: boolean): void {
    this.#state = DONE;
    this.#sink.onParsedEnd(trailers, clean);
  }
}
