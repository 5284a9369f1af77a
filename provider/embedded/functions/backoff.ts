const FIRST_MS = 100;
const LONGEST_MS = 30_000;
/** A replica that was ready for so long has ended the series of failures. */
const STABLE_MS = 10_000;

/** Failures of replicas in a row, and when the next may start. */
export interface Backoff {
  readonly failures: number;
  /** Milliseconds on the caller's clock. */
  readonly notBefore: number;
}

export const NO_BACKOFF: Backoff = { failures: 0, notBefore: 0 };

/** After one more failure: 100 ms, doubled each time, up to 30 s. */
export function afterFailure(backoff: Backoff, readyForMs: number, now: number): Backoff {
  const failures = readyForMs >= STABLE_MS ? 1 : backoff.failures + 1;
  return { failures, notBefore: now + Math.min(LONGEST_MS, FIRST_MS * 2 ** (failures - 1)) };
}
