import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { root } from './platform.ts';
import { Terminal } from './terminal.ts';

/** The folder of what ships: the single-file `faas-cli`, and the watchdog. */
export const EXECUTABLES = join(root, 'dist');

/** Makes the single-file faas-cli, and the watchdog unless it is there, for this machine, as `npm run build` does. */
export function buildExecutable(): void {
  for (const script of ['watchdog-executable.mjs', 'cli-executable.mjs'])
    execFileSync(process.execPath, [join(root, 'tools', script)], { stdio: ['ignore', 'ignore', 'inherit'] });
}

/** A terminal whose `faas-cli` is the single file. It ends with the test; a failed one shows what was on it. */
export async function openTerminal(
  t: ExecutionContext,
  cwd: string,
  env: Readonly<Record<string, string>>,
): Promise<Terminal> {
  const terminal = await Terminal.open(cwd, { ...env, PATH: `${EXECUTABLES}:${process.env.PATH}` });
  t.teardown(async () => {
    await terminal[Symbol.asyncDispose]();
    if (!t.passed) t.log(terminal.transcript);
  });
  return terminal;
}
