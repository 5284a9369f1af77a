import { parseDuration } from '../../common/duration.ts';
import { parseGoBool } from '../../provider/wire/go-bool.ts';

/** A kind of value that a label may have: how to read it, and the rule to name when it cannot be. */
export interface Kind<T> {
  readonly rule: string;
  parse(text: string): T | undefined;
}

/** A whole number from `from` to `to`. */
export const whole = (from: number, to = 999_999): Kind<number> => ({
  rule: to === 999_999 ? `a whole number, ${from} or more` : `a whole number from ${from} to ${to}`,
  parse(text) {
    const value = /^\d{1,6}$/.test(text) ? Number(text) : Number.NaN;
    return value >= from && value <= to ? value : undefined;
  },
});

/** A number above `limit`, at most `to`. */
export const above = (limit: number, to = Infinity): Kind<number> => ({
  rule: `a number above ${limit}${to === Infinity ? '' : ` and at most ${to}`}`,
  parse(text) {
    const value = /^\d{1,9}(\.\d{1,9})?$/.test(text) ? Number(text) : Number.NaN;
    return value > limit && value <= to ? value : undefined;
  },
});

/** Milliseconds of a duration within two others. */
export const span = (from: string, to: string): Kind<number> => ({
  rule: `a duration from ${from} to ${to}, such as "90s" or "5m"`,
  parse(text) {
    try {
      const value = parseDuration(text);
      return value >= parseDuration(from) && value <= parseDuration(to) ? value : undefined;
    } catch {
      return undefined;
    }
  },
});

export const boolean: Kind<boolean> = { rule: '"true" or "false"', parse: parseGoBool };

export const oneOf = <const T extends readonly string[]>(...values: T): Kind<T[number]> => ({
  rule: `one of ${values.join(', ')}`,
  parse: (text) => values.find((value) => value === text),
});
