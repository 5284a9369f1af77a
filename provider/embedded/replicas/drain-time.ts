import { parseTimerDuration } from '../../../common/duration.ts';

/** Beside the function's own timeout, for the watchdog to answer. */
const MARGIN_MS = 1000;

/**
 * How long a replica that was told to stop may drain: a call may take as long as the function's own limits allow it.
 *
 * @param variables of the function
 * @param leastMs where these allow less
 */
export function drainTimeMs(variables: Readonly<Record<string, string>>, leastMs: number): number {
  const own = ['exec_timeout', 'write_timeout'].map((name) => milliseconds(variables[name]) + MARGIN_MS);
  return Math.max(leastMs, ...own);
}

/** None for what the watchdog could not read either. */
function milliseconds(given: string | undefined): number {
  try {
    return given ? parseTimerDuration(given) : 0;
  } catch {
    return 0;
  }
}
