/** Upper bounds of `gateway_functions_seconds`, in seconds (contract 2.1). */
export const DURATION_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] as const;

/** Calls of one function that ended with one status code. */
export class CodeSlot {
  readonly code: number;
  count = 0;
  sumSeconds = 0;
  /** Per bucket, not cumulated; the last is +Inf. */
  readonly buckets = new Float64Array(DURATION_BUCKETS.length + 1);

  constructor(code: number) {
    this.code = code;
  }
}

/** Counters of one function: plain numbers, so that counting a call looks up no label. Read when scraped. */
export class FunctionMetrics {
  started = 0;
  inFlight = 0;
  coldStarts = 0;
  readonly codes: CodeSlot[] = [];
  /** Calls of a function mostly end alike. */
  #last = new CodeSlot(0);

  start(): void {
    this.started++;
    this.inFlight++;
  }

  end(code: number, seconds: number): void {
    this.inFlight--;
    const slot = this.#last.code === code ? this.#last : this.#slot(code);
    slot.count++;
    slot.sumSeconds += seconds;
    let bucket = 0;
    while (bucket < DURATION_BUCKETS.length && seconds > DURATION_BUCKETS[bucket]!) bucket++;
    slot.buckets[bucket]!++;
  }

  /** Calls that ended, whatever their status. */
  get ended(): number {
    return this.codes.reduce((sum, slot) => sum + slot.count, 0);
  }

  #slot(code: number): CodeSlot {
    let slot = this.codes.find((candidate) => candidate.code === code);
    if (slot === undefined) this.codes.push((slot = new CodeSlot(code)));
    return (this.#last = slot);
  }
}
