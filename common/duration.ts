const UNIT_MS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};
const PART = /(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)/gy;
/** The longest that is waited for. A timer given more than 2^31 - 1 ms ends at once; this leaves room to add to. */
export const LONGEST_TIMER_MS = 24 * 24 * 3_600_000;

/** {@link parseDuration} for a time that is waited for: more than 24 days are 24 days. */
export const parseTimerDuration = (text: string): number => Math.min(parseDuration(text), LONGEST_TIMER_MS);

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
