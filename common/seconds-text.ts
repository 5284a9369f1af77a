/** Milliseconds as seconds, to the microsecond; as `toFixed(6)`, which is slow. */
export function secondsText(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  return `${seconds}.${sixDigits(Math.floor((ms - seconds * 1000) * 1000))}`;
}

/** As `secondsText`, to a tenth of a millisecond. */
export function shortSecondsText(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  const tenths = Math.floor((ms - seconds * 1000) * 10);
  const whole = Math.floor(tenths / 10);
  return `${seconds}.${THREE_DIGITS[whole]!}${tenths - whole * 10}`;
}

/** @param below a whole number below a million */
export function sixDigits(below: number): string {
  const thousands = Math.floor(below / 1000);
  return THREE_DIGITS[thousands]! + THREE_DIGITS[below - thousands * 1000]!;
}

/** 000 to 999: to make text of a number costs more than all else here. */
const THREE_DIGITS = Array.from({ length: 1000 }, (_, number) => String(number).padStart(3, '0'));
