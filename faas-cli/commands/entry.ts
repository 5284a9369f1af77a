import type { Command, Flags } from './command.ts';

/** A command by name: enough for the overview; `load` brings the rest, so that only what runs is loaded. */
export interface Entry {
  readonly name: string;
  readonly aliases?: readonly string[];
  readonly summary: string;
  readonly hidden?: boolean;
  readonly load?: () => Promise<Command>;
  /** Of a group: whole command lines for its help. */
  readonly examples?: readonly string[];
  /** The commands of a group. */
  readonly entries?: readonly Entry[];
}

export function command<F extends Flags>(
  name: string,
  summary: string,
  load: () => Promise<Command<F>>,
  more: Pick<Entry, 'aliases' | 'hidden'> = {},
): Entry {
  // A command's types end where the command line's text begins.
  return { name, summary, load: load as unknown as () => Promise<Command>, ...more };
}

export function group(
  name: string,
  summary: string,
  more: Pick<Entry, 'aliases' | 'examples'>,
  entries: readonly Entry[],
): Entry {
  return { name, summary, ...more, entries };
}
