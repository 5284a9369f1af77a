import type { Context } from '../context.ts';

interface FlagOf<Type extends string, Value> {
  readonly type: Type;
  /** One letter. */
  readonly short?: string;
  readonly default?: Value;
  /** What stands for the value in the help, such as `NAME`. */
  readonly value?: string;
  readonly doc: string;
}
export type Flag =
  | FlagOf<'string', string>
  | FlagOf<'boolean', boolean>
  | FlagOf<'int', number>
  /** Go-style text, given as milliseconds. */
  | FlagOf<'duration', string>
  /** May be repeated. */
  | FlagOf<'strings', readonly string[]>;
export type Flags = Readonly<Record<string, Flag>>;

interface ValueOf {
  string: string;
  boolean: boolean;
  int: number;
  duration: number;
  strings: readonly string[];
}
type Value<F extends Flag> = F['type'] extends 'boolean' | 'strings'
  ? ValueOf[F['type']]
  : F extends { readonly default: unknown }
    ? ValueOf[F['type']]
    : ValueOf[F['type']] | undefined;
export type Values<F extends Flags> = { readonly [K in keyof F]: Value<F[K]> };

/** A command as data: help, completion and docs come from it. Flags are named as on the command line. */
export interface Command<F extends Flags = Flags> {
  /** What follows the command's name: `NAME [--lang LANG]`. */
  readonly usage: string;
  /** More than the summary, for its help. */
  readonly description?: string;
  /** Whole command lines. */
  readonly examples: readonly string[];
  /** Positional arguments taken, at least and at most. */
  readonly args?: readonly [number, number];
  readonly flags: F;
  /** Prints its result on stdout. An error that it throws is printed and becomes exit code 1. */
  run(context: Context, args: readonly string[], flags: Values<F>): Promise<void>;
}

export const defineCommand = <const F extends Flags>(command: Command<F>): Command<F> => command;
