const LINES = 20;
const LINE_BYTES = 4096;
/** Number of bytes of a line, before it. */
const LENGTH_BYTES = 4;
const SLOT_BYTES = LENGTH_BYTES + LINE_BYTES;
const COUNT_BYTES = 4;

/** The last lines that a function printed, in memory which another thread reads when this one is stuck. */
export class SharedTail {
  readonly memory: SharedArrayBuffer;
  readonly #bytes: Buffer;
  readonly #count: Int32Array;

  /** @param memory that of another thread's instance, to read from it */
  constructor(memory = new SharedArrayBuffer(COUNT_BYTES + LINES * SLOT_BYTES)) {
    this.memory = memory;
    this.#bytes = Buffer.from(memory);
    this.#count = new Int32Array(memory, 0, 1);
  }

  /** A longer line is cut. */
  push(line: string): void {
    const count = this.#count[0]!;
    const at = slotAt(count);
    this.#bytes.writeUInt32LE(this.#bytes.write(line, at + LENGTH_BYTES, LINE_BYTES), at);
    Atomics.store(this.#count, 0, count + 1);
  }

  /** Oldest first. */
  lines(): string[] {
    const count = Atomics.load(this.#count, 0);
    const lines: string[] = [];
    for (let i = Math.max(0, count - LINES); i < count; i++) {
      const at = slotAt(i) + LENGTH_BYTES;
      // Copied: not every decoder takes shared memory.
      lines.push(Buffer.from(this.#bytes.subarray(at, at + this.#bytes.readUInt32LE(slotAt(i)))).toString());
    }
    return lines;
  }
}

const slotAt = (index: number): number => COUNT_BYTES + (index % LINES) * SLOT_BYTES;
