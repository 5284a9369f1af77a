/** What a histogram has counted. */
export interface HistogramCounts {
  readonly count: number;
  readonly sum: number;
  readonly buckets: Float64Array;
}

/** Counts of values by size, as plain numbers. */
export class Histogram {
  /** Upper bounds, ascending. */
  readonly bounds: readonly number[];
  /** Per bucket, not cumulated; the last is for values above all bounds. */
  readonly buckets: Float64Array;
  count = 0;
  sum = 0;

  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.buckets = new Float64Array(bounds.length + 1);
  }

  observe(value: number): void {
    this.count++;
    this.sum += value;
    let bucket = 0;
    while (bucket < this.bounds.length && value > this.bounds[bucket]!) bucket++;
    this.buckets[bucket]!++;
  }

  get counts(): HistogramCounts {
    return { count: this.count, sum: this.sum, buckets: this.buckets.slice() };
  }

  /** Adds what another one with the same bounds has counted since `before`. */
  add(now: HistogramCounts, before: HistogramCounts | undefined): void {
    this.count += now.count - (before?.count ?? 0);
    this.sum += now.sum - (before?.sum ?? 0);
    for (let i = 0; i < this.buckets.length; i++) this.buckets[i]! += now.buckets[i]! - (before?.buckets[i] ?? 0);
  }
}
