import { FieldError } from './field-parser.ts';

/** A block longer than this is searched as bytes, so that a body that came with it is not made into text. */
const SHORT_READ = 4096;

/**
 * Collects a block of lines (a head, trailers) up to and with the empty line that ends it. Mostly it comes in one
 * piece and is not copied.
 */
export class LineBuffer {
  readonly #maxBytes: number;
  #text = '';
  /** What a short read held behind the block. */
  #rest: string | undefined = undefined;
  /** What came so far, of a block in several pieces; grows by doubling. */
  #held: Buffer | undefined = undefined;
  #size = 0;
  readonly #start: string;

  /** `start`: what every block starts with. */
  constructor(maxBytes: number, start = '') {
    this.#maxBytes = maxBytes;
    this.#start = start;
  }

  /** The block, Latin-1, with its empty line, and perhaps more; after `take` found the end. */
  text(): string {
    return this.#text;
  }

  /** What came behind the block in the same read, if that has been made into text; after `take` found the end. */
  rest(): string | undefined {
    return this.#rest;
  }

  clear(): void {
    this.#held = undefined;
    this.#size = 0;
    this.#text = '';
  }

  /**
   * Takes bytes from `at`. A block with no end yet is checked for what cannot become right, so that a peer that
   * then waits is not waited for.
   *
   * @returns where the block's last byte was plus one, or -1 when all was taken and more is needed
   * @throws FieldError
   */
  take(buffer: Buffer, at: number, end: number): number {
    if (at === end) return -1;
    this.#rest = undefined;
    if (this.#size > 0) return this.#takeMore(buffer, at, end);
    if (end - at <= SHORT_READ) {
      const text = buffer.toString('latin1', at, end);
      const found = text.indexOf('\r\n\r\n');
      if (found !== -1) {
        if (found + 4 > this.#maxBytes) throw this.#tooLarge();
        this.#text = text;
        this.#rest = text.slice(found + 4);
        return at + found + 4;
      }
    } else {
      const found = buffer.indexOf(BLOCK_END, at);
      if (found !== -1 && found + 4 <= end) {
        if (found + 4 - at > this.#maxBytes) throw this.#tooLarge();
        this.#text = buffer.toString('latin1', at, found + 4);
        return found + 4;
      }
    }
    this.#hold(buffer, at, Math.min(end, at + this.#maxBytes + 1));
    this.#checkHeld(0);
    return -1;
  }

  #takeMore(buffer: Buffer, at: number, end: number): number {
    const before = this.#size;
    this.#hold(buffer, at, Math.min(end, at + this.#maxBytes + 1 - before));
    const held = this.#held!;
    const found = held.subarray(0, this.#size).indexOf(BLOCK_END, Math.max(0, before - 3));
    if (found === -1) {
      this.#checkHeld(before);
      return -1;
    }
    this.#text = held.toString('latin1', 0, found + 4);
    this.#held = undefined;
    this.#size = 0;
    return at + found + 4 - before;
  }

  #hold(buffer: Buffer, at: number, end: number): void {
    const before = this.#size;
    const size = before + end - at;
    if (this.#held === undefined || this.#held.length < size) {
      const grown = Buffer.allocUnsafe(Math.max(1024, size * 2));
      this.#held?.copy(grown, 0, 0, before);
      this.#held = grown;
    }
    buffer.copy(this.#held, before, at, end);
    this.#size = size;
  }
  /** @throws FieldError when what is held can be no block; `from`: where what was not checked yet starts */
  #checkHeld(from: number): void {
    const held = this.#held!;
    const size = this.#size;
    if (size > this.#maxBytes) throw this.#tooLarge();
    const start = this.#start;
    for (let i = from; i < size && i < start.length; i++)
      if (held[i] !== start.charCodeAt(i)) throw new FieldError(`does not start with ${start}`);
    if (held[0] === LF) throw new FieldError('a bare line feed');
    for (let i = Math.max(1, from); i < size; i++) {
      const isLineFeed = held[i] === LF;
      if (isLineFeed !== (held[i - 1] === CR))
        throw new FieldError(isLineFeed ? 'a bare line feed' : 'a bare carriage return');
    }
  }

  #tooLarge(): FieldError {
    return new TooLarge(`headers larger than ${this.#maxBytes} bytes`);
  }
}

/** A block with no end within the limit. */
export class TooLarge extends FieldError {}

const BLOCK_END = Buffer.from('\r\n\r\n');
const CR = 13;
const LF = 10;
