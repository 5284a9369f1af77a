import type { ChildProcess } from 'node:child_process';
import type { ReplicaCgroup } from './cgroups.ts';

/** The process is in its control group before the watchdog starts, so nothing that it starts can be outside. */
const GATE = 'IFS= read -r _ && exec "$0" </dev/null';
/** Some shells drop variables whose names are none of theirs, such as `spring.profile`: `env` sets them again. */
const GATE_WITH_VARIABLES = 'IFS= read -r _ && exec env "$@" "$0" </dev/null';
/** With arguments, and what comes on the input after the line; `read` takes no more than that. */
const GATE_WITH_INPUT = 'IFS= read -r _ && exec "$0" "$@"';
const SHELL_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** The command of a program that is to run once {@link openGate} lets it. */
export function gated(program: string, environment: Readonly<Record<string, string>>): string[] {
  const foreign = Object.entries(environment).filter(([name]) => !SHELL_NAME.test(name));
  const variables = foreign.map(([name, value]) => `${name}=${value}`);
  return ['/bin/sh', '-c', variables.length > 0 ? GATE_WITH_VARIABLES : GATE, program, ...variables];
}

/** Like {@link gated}, for a program that reads its input. */
export const gatedWithInput = ([program, ...args]: readonly [string, ...string[]]): string[] => [
  '/bin/sh',
  '-c',
  GATE_WITH_INPUT,
  program,
  ...args,
];

/** Moves a gated process into its groups and lets it run; one that cannot be moved ends: never without the limit. */
export async function openGate({ pid, stdin }: ChildProcess, cgroup: Pick<ReplicaCgroup, 'attach'>): Promise<void> {
  if (pid === undefined) return;
  try {
    await cgroup.attach(pid);
    stdin!.write('\n');
  } catch {
    stdin!.destroy();
  }
}
