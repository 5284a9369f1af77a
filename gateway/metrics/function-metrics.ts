import { Histogram, type HistogramCounts } from './histogram.ts';

/** Of `gateway_functions_seconds` (contract 2.1), and of the wait for a replica. */
const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] as const;
const BYTES = [100, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9] as const;

/** Calls of one function that ended with one status code. */
export class CodeSlot {
  readonly code: number;
  readonly seconds = new Histogram(SECONDS);

  constructor(code: number) {
    this.code = code;
  }
}

/** What a worker has counted of one function. */
export interface FunctionCounts {
  readonly started: number;
  readonly inFlight: number;
  /** Sum of the moments, by its own clock, at which the calls in flight began. */
  readonly begun: number;
  readonly codes: readonly { readonly code: number; readonly seconds: HistogramCounts }[];
  readonly requestBytes: HistogramCounts | undefined;
}

/** Counters of one function: plain numbers, so that counting a call looks up no label. Read when scraped. */
export class FunctionMetrics {
  started = 0;
  inFlight = 0;
  /** Sum of the moments at which the calls in flight began. */
  #begun = 0;
  coldStarts = 0;
  readonly codes: CodeSlot[] = [];
  /** How long calls waited for a replica; only those that did. Made when needed: most functions idle. */
  waitSeconds: Histogram | undefined;
  /** Bodies of requests, for calls that a function answered. */
  requestBytes: Histogram | undefined;
  /** Calls of a function mostly end alike. */
  #last = new CodeSlot(0);

  /** @param at milliseconds of performance.now() */
  start(at: number): void {
    this.started++;
    this.inFlight++;
    this.#begun += at;
  }

  /** @param startedAt as {@link start} was given it */
  end(code: number, seconds: number, startedAt: number): void {
    this.#leave(startedAt);
    const slot = this.#last.code === code ? this.#last : this.#slot(code);
    slot.seconds.observe(seconds);
  }

  /** A call that another process serves and counts was none. @param startedAt as {@link start} was given it */
  takeBack(startedAt: number): void {
    this.started--;
    this.#leave(startedAt);
  }

  waited(seconds: number): void {
    this.waitSeconds ??= new Histogram(SECONDS);
    this.waitSeconds.observe(seconds);
  }

  received(bytes: number): void {
    this.requestBytes ??= new Histogram(BYTES);
    this.requestBytes.observe(bytes);
  }

  /** Calls that ended, whatever their status. */
  get ended(): number {
    return this.codes.reduce((sum, slot) => sum + slot.seconds.count, 0);
  }

  /**
   * Calls in flight, summed up over time until `now`, in seconds: its growth over a span, divided by that, is the mean
   * number of calls in flight, exactly, at the cost of one addition per call.
   */
  callSeconds(now: number): number {
    const ended = this.codes.reduce((sum, slot) => sum + slot.seconds.sum, 0);
    return ended + (this.inFlight * now - this.#begun) / 1000;
  }

  get counts(): FunctionCounts {
    return {
      started: this.started,
      inFlight: this.inFlight,
      begun: this.#begun,
      codes: this.codes.map(({ code, seconds }) => ({ code, seconds: seconds.counts })),
      requestBytes: this.requestBytes?.counts,
    };
  }

  /**
   * Adds what another process has counted since `before`.
   *
   * @param offsetMs what its clock lacks to this one's
   */
  add(now: FunctionCounts, before: FunctionCounts | undefined, offsetMs: number): void {
    this.started += now.started - (before?.started ?? 0);
    this.inFlight += now.inFlight - (before?.inFlight ?? 0);
    const begun = (counts: FunctionCounts): number => counts.begun + counts.inFlight * offsetMs;
    this.#begun += begun(now) - (before === undefined ? 0 : begun(before));
    for (const { code, seconds } of now.codes)
      this.#slot(code).seconds.add(seconds, before?.codes.find((slot) => slot.code === code)?.seconds);
    if (now.requestBytes === undefined) return;
    this.requestBytes ??= new Histogram(BYTES);
    this.requestBytes.add(now.requestBytes, before?.requestBytes);
  }

  #leave(startedAt: number): void {
    this.inFlight--;
    // Not what rounding has left of it.
    this.#begun = this.inFlight === 0 ? 0 : this.#begun - startedAt;
  }

  #slot(code: number): CodeSlot {
    let slot = this.codes.find((candidate) => candidate.code === code);
    if (slot === undefined) this.codes.push((slot = new CodeSlot(code)));
    return (this.#last = slot);
  }
}
