import { parseTimerDuration } from './duration.ts';

/** One setting read from the environment: its variables (aliases after the first), how to read it, default, doc. */
export interface Setting<T> {
  /** The first variable that is set and not empty wins. */
  readonly env: readonly string[];
  /** Parsed like a given value; '' means unset and is parsed as such. */
  readonly fallback: string;
  readonly doc: string;
  /** @throws Error whose message states the rule, without the value */
  parse(text: string): T;
}
export type Schema = Readonly<Record<string, Setting<unknown>>>;
export type ConfigOf<S extends Schema> = { readonly [K in keyof S]: S[K] extends Setting<infer T> ? T : never };

/** All settings that could not be read, one line each: variable, rule, value given. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(problems.length === 1 ? problems[0]! : `${problems.length} settings are wrong:\n  ${problems.join('\n  ')}`);
    this.problems = problems;
  }
}

/**
 * Reads every setting and reports every bad one at once.
 *
 * @param nameOf what the user calls a variable, such as the flag that set it
 * @throws ConfigError
 */
export function readConfig<S extends Schema>(
  schema: S,
  env: Readonly<Record<string, string | undefined>>,
  nameOf: (variable: string) => string = (variable) => variable,
): ConfigOf<S> {
  const problems: string[] = [];
  const config: Record<string, unknown> = {};
  for (const [name, setting] of Object.entries(schema)) {
    const variable = setting.env.find((candidate) => env[candidate]);
    const text = variable === undefined ? setting.fallback : env[variable]!;
    try {
      config[name] = setting.parse(text);
    } catch (error) {
      problems.push(`${nameOf(variable ?? setting.env[0]!)}: ${(error as Error).message}, got "${text}"`);
    }
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return Object.freeze(config) as ConfigOf<S>;
}

type Names = string | readonly string[];
const names = (env: Names): readonly string[] => (typeof env === 'string' ? [env] : env);

/** A setting of any type. */
export const setting = <T>(env: Names, fallback: string, doc: string, parse: (text: string) => T): Setting<T> => ({
  env: names(env),
  fallback,
  doc,
  parse,
});

/** Go-style text, read as milliseconds; see {@link parseTimerDuration}. */
export const duration = (env: Names, fallback: string, doc: string, { min = '0' } = {}): Setting<number> =>
  setting(env, fallback, doc, (given) => {
    const value = parseTimerDuration(given);
    if (value >= parseTimerDuration(min)) return value;
    throw new Error(`expected a duration of ${min} or more`);
  });

export const text = (env: Names, fallback: string, doc: string): Setting<string> =>
  setting(env, fallback, doc, (given) => given);

/** A whole number from `min` to `max`. */
export const count = (
  env: Names,
  fallback: string,
  doc: string,
  { min = 0, max = Number.MAX_SAFE_INTEGER } = {},
): Setting<number> =>
  setting(env, fallback, doc, (given) => {
    const value = /^-?\d+$/.test(given) ? Number(given) : Number.NaN;
    if (value >= min && value <= max) return value;
    throw new Error(
      max === Number.MAX_SAFE_INTEGER
        ? `expected a whole number, ${min} or more`
        : `expected a whole number from ${min} to ${max}`,
    );
  });

/** A TCP port; 0 lets the system choose. */
export const port = (env: Names, fallback: string, doc: string): Setting<number> =>
  count(env, fallback, doc, { min: 0, max: 65_535 });

export const flag = (env: Names, fallback: 'true' | 'false', doc: string): Setting<boolean> =>
  setting(env, fallback, doc, (given) => {
    if (['true', '1'].includes(given.toLowerCase())) return true;
    if (['false', '0'].includes(given.toLowerCase())) return false;
    throw new Error('expected true or false');
  });

export const oneOf = <const T extends readonly string[]>(
  env: Names,
  values: T,
  fallback: T[number],
  doc: string,
): Setting<T[number]> =>
  setting(env, fallback, doc, (given) => {
    if (values.includes(given)) return given;
    throw new Error(`expected one of ${values.join(', ')}`);
  });

const UNIT_BYTES: Readonly<Record<string, number>> = {
  '': 1,
  k: 1e3,
  m: 1e6,
  g: 1e9,
  ki: 1024,
  mi: 1024 ** 2,
  gi: 1024 ** 3,
};

/** Bytes from text such as `65536`, `10Mi` or `1G` (Kubernetes' units). */
function parseBytes(given: string): number {
  const [, amount, unit] = /^(\d+(?:\.\d+)?)(|[kmg]i?)b?$/i.exec(given) ?? [];
  if (amount === undefined) throw new Error('expected a size such as "512Ki", "40Mi" or "1Gi"');
  return Math.floor(Number(amount) * UNIT_BYTES[unit!.toLowerCase()]!);
}
export const bytes = (env: Names, fallback: string, doc: string): Setting<number> =>
  setting(env, fallback, doc, parseBytes);
