const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;

/**
 * Cuts a stream of bytes into lines of text, none lost: a line longer than `limitBytes` comes in several pieces,
 * broken between characters, and {@link end} gives what has no line feed yet.
 */
export class LineSplitter {
  readonly #limitBytes: number;
  readonly #emit: (line: string) => void;
  #parts: Buffer[] = [];
  #length = 0;

  constructor(limitBytes: number, emit: (line: string) => void) {
    this.#limitBytes = limitBytes;
    this.#emit = emit;
  }

  push(chunk: Buffer): void {
    let start = 0;
    for (let feed = chunk.indexOf(LINE_FEED); feed !== -1; feed = chunk.indexOf(LINE_FEED, start)) {
      this.#add(chunk.subarray(start, feed));
      this.#flush(true);
      start = feed + 1;
    }
    if (start < chunk.length) this.#add(chunk.subarray(start));
  }

  end(): void {
    if (this.#length > 0) this.#flush(true);
  }

  #add(part: Buffer): void {
    let rest = part;
    while (this.#length + rest.length > this.#limitBytes) {
      const room = this.#limitBytes - this.#length;
      const cut = room > 0 ? characterStart(rest, room) : 0;
      if (cut > 0) this.#hold(rest.subarray(0, cut));
      rest = rest.subarray(cut);
      // A limit smaller than one character still has to make progress.
      if (this.#length === 0) {
        this.#hold(rest.subarray(0, room));
        rest = rest.subarray(room);
      }
      this.#flush(false);
    }
    if (rest.length > 0) this.#hold(rest);
  }

  #hold(part: Buffer): void {
    // A copy: the stream may use its buffer again.
    this.#parts.push(Buffer.from(part));
    this.#length += part.length;
  }

  #flush(whole: boolean): void {
    const line = this.#parts.length === 1 ? this.#parts[0]! : Buffer.concat(this.#parts, this.#length);
    this.#parts = [];
    this.#length = 0;
    const end = whole && line.at(-1) === CARRIAGE_RETURN ? line.length - 1 : line.length;
    this.#emit(line.toString('utf8', 0, end));
  }
}

/** The largest cut up to `at` that splits no UTF-8 character. */
function characterStart(bytes: Buffer, at: number): number {
  let cut = at;
  while (cut > 0 && at - cut < 3 && (bytes[cut]! & 0xc0) === 0x80) cut--;
  return (bytes[cut]! & 0xc0) === 0x80 ? at : cut;
}
