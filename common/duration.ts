const UNIT_MS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};
/** The longest that a timer can run, 24 days; given more it ends at once. */
export const LONGEST_TIMER_MS = 2 ** 31 - 1;

const PART = /(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h)/gy;

/**
 * Milliseconds from Go-style text (`10s`, `1m30s`, `250ms`, `1.5h`); a bare whole number is seconds.
 *
 * @throws Error when the text is neither; the message names the rule
 */
export function parseDuration(text: string): number {
  if (/^\d+$/.test(text)) return Number(text) * 1000;
  let total = 0;
  let end = 0;
  for (const [part, amount, unit] of text.matchAll(PART)) {
    total += Number(amount) * UNIT_MS[unit!]!;
    end += part.length;
  }
  if (text === '' || end !== text.length) throw new Error('expected a duration such as "10s", "1m30s" or "250ms"');
  return total;
}
