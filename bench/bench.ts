/** What a benchmark is given. */
export interface BenchOptions {
  /** Seeds whatever is random; printed, so that a run can be repeated. */
  readonly seed: number;
  /** Progress, for people; not the result. */
  readonly log: (line: string) => void;
}

/** What a benchmark found. */
export interface BenchResult {
  /** Numbers by name. A bound `fooMax` or `fooMin` of bench/bounds.json applies to the figure `foo`. */
  readonly figures: Readonly<Record<string, number>>;
  /** Rows for people, the first one the heading. */
  readonly table?: readonly (readonly string[])[];
}

/** One file of bench/ that answers one question. */
export interface Bench {
  readonly question: string;
  /** Bounds that this revision does not try to meet yet, with the reason; shown, never counted as met. */
  readonly pending?: Readonly<Record<string, string>>;
  run(options: BenchOptions): Promise<BenchResult>;
}

/** The value in the middle; of an even number of values the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  return percentile(values, 50);
}

/** Linear interpolation between the closest ranks, `p` from 0 to 100. */
export function percentile(values: readonly number[], p: number): number {
  if (values.length === 0) throw new Error('a percentile of no values');
  const sorted = [...values].sort((a, b) => a - b);
  const rank = ((sorted.length - 1) * p) / 100;
  const below = sorted[Math.floor(rank)]!;
  return below + (sorted[Math.ceil(rank)]! - below) * (rank - Math.floor(rank));
}
