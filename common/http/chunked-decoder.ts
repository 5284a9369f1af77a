import { FieldError, VALUE } from './field-parser.ts';
import { Fields } from './fields.ts';
import { LineBuffer } from './line-buffer.ts';

/** Digits of a chunk size: 2^52 bytes, which a number still holds exactly. */
const MAX_SIZE_DIGITS = 13;
/** Bytes of chunk extensions in one message: they are skipped, and must not make a body endless that has none. */
const MAX_EXTENSION_BYTES = 16_384;

const SIZE = 0;
const EXTENSION = 1;
const SIZE_LF = 2;
const DATA = 3;
const DATA_CR = 4;
const DATA_LF = 5;
const TRAILERS_START = 6;
const TRAILERS = 7;
const LAST_LF = 8;

/** Reads a chunked body (RFC 9112 section 7.1) from pieces of bytes, however they are cut. */
export class ChunkedDecoder {
  readonly #trailerBlock: LineBuffer;
  #state = SIZE;
  #digits = 0;
  #left = 0;
  #extensionBytes = 0;
  /** The data that the last `next` found: from here in its buffer ... */
  dataStart = 0;
  /** ... to here. */
  dataEnd = 0;
  ended = false;
  trailers: string[] = [];

  constructor(maxTrailerBytes: number) {
    this.#trailerBlock = new LineBuffer(maxTrailerBytes);
  }

  /** Expects a body's first chunk. */
  start(): void {
    this.#trailerBlock.clear();
    this.#startSize();
    this.#extensionBytes = 0;
    this.ended = false;
    this.trailers = [];
  }

  /**
   * Goes on from `at` to the end of a piece of data, of the body or of the buffer.
   *
   * @returns where it stopped
   * @throws FieldError
   */
  next(buffer: Buffer, at: number, end: number): number {
    this.dataStart = this.dataEnd = 0;
    let i = at;
    while (i < end) {
      switch (this.#state) {
        case SIZE:
          this.#onSize(buffer[i++]!);
          break;
        case EXTENSION: {
          const byte = buffer[i++]!;
          if (byte === 13) this.#state = SIZE_LF;
          else if (VALUE[byte] !== 1) throw new FieldError('bad character in a chunk extension');
          else if (++this.#extensionBytes > MAX_EXTENSION_BYTES) throw new FieldError('chunk extensions too large');
          break;
        }
        case SIZE_LF:
          expect(buffer[i++]!, 10, 'a chunk size without its line end');
          this.#state = this.#left === 0 ? TRAILERS_START : DATA;
          break;
        case DATA: {
          const taken = Math.min(this.#left, end - i);
          this.#left -= taken;
          if (this.#left === 0) this.#state = DATA_CR;
          this.dataStart = i;
          this.dataEnd = i + taken;
          return this.dataEnd;
        }
        case DATA_CR:
          expect(buffer[i++]!, 13, 'a chunk longer than its size');
          this.#state = DATA_LF;
          break;
        case DATA_LF:
          expect(buffer[i++]!, 10, 'a chunk without its line end');
          this.#startSize();
          break;
        case TRAILERS_START:
          if (buffer[i] === 13) {
            i++;
            this.#state = LAST_LF;
          } else {
            this.#state = TRAILERS;
          }
          break;
        case TRAILERS: {
          const blockEnd = this.#trailerBlock.take(buffer, i, end);
          if (blockEnd === -1) return end;
          this.trailers = Fields.read(this.#trailerBlock.text(), 0).flat();
          this.ended = true;
          return blockEnd;
        }
        case LAST_LF:
          expect(buffer[i++]!, 10, 'a body without its last line end');
          this.ended = true;
          return i;
      }
    }
    return i;
  }

  #startSize(): void {
    this.#state = SIZE;
    this.#digits = 0;
    this.#left = 0;
  }

  #onSize(byte: number): void {
    const digit = hexDigit(byte);
    if (digit !== -1) {
      if (++this.#digits > MAX_SIZE_DIGITS) throw new FieldError('a chunk size that is too large');
      this.#left = this.#left * 16 + digit;
      return;
    }
    if (this.#digits === 0) throw new FieldError('a chunk size that is no number');
    if (byte === 13) this.#state = SIZE_LF;
    else if (byte === 59) this.#state = EXTENSION;
    else throw new FieldError('bad character in a chunk size');
  }
}

function hexDigit(byte: number): number {
  if (byte >= 48 && byte <= 57) return byte - 48;
  const lower = byte | 32;
  return lower >= 97 && lower <= 102 ? lower - 87 : -1;
}

function expect(byte: number, wanted: number, otherwise: string): void {
  if (byte !== wanted) throw new FieldError(otherwise);
}
