/** One bound held against what was measured. */
export interface Verdict {
  readonly bound: string;
  readonly limit: number;
  readonly figure: number | undefined;
  readonly outcome: 'met' | 'missed' | 'not measured' | 'pending';
}

/**
 * Holds figures against bounds: `fooMax` and `fooMin` bound the figure `foo`. A figure that is missing is never met;
 * it is `pending` when the benchmark says why.
 */
export function checkBounds(
  bounds: Readonly<Record<string, number>>,
  figures: Readonly<Record<string, number>>,
  pending: Readonly<Record<string, string>> = {},
): Verdict[] {
  return Object.entries(bounds).map(([bound, limit]) => {
    const figure = figures[bound.slice(0, -3)];
    if (figure === undefined)
      return { bound, limit, figure, outcome: pending[bound] === undefined ? 'not measured' : 'pending' };
    const met = bound.endsWith('Max') ? figure <= limit : figure >= limit;
    return { bound, limit, figure, outcome: met ? 'met' : 'missed' };
  });
}
