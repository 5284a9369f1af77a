/** Milliseconds as seconds, to the microsecond; as `toFixed(6)`, which is slow. */
export function secondsText(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  return `${seconds}.${sixDigits(Math.floor((ms - seconds * 1000) * 1000))}`;
}

/** @param below a whole number below a million */
export const sixDigits = (below: number): string => String(1_000_000 + below).slice(1);
