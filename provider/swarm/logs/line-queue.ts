/** Lines from several sources in the order in which they came; ends once the signal aborts. */
export class LineQueue<Line> implements AsyncIterable<Line> {
  readonly #lines: Line[] = [];
  readonly #signal: AbortSignal;
  #wake: () => void = () => undefined;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
    signal.addEventListener('abort', () => this.#wake(), { once: true });
  }

  push(line: Line): void {
    this.#lines.push(line);
    this.#wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Line> {
    while (!this.#signal.aborted) {
      const line = this.#lines.shift();
      if (line !== undefined) yield line;
      else await this.#next();
    }
  }

  #next(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
      if (this.#signal.aborted || this.#lines.length > 0) resolve();
    });
  }
}
