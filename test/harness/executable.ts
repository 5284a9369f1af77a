import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { root } from './platform.ts';

/** The folder of what ships: the single-file `faas-cli`, and the watchdog. */
export const EXECUTABLES = join(root, 'dist');

/** Makes the single-file faas-cli, and the watchdog unless it is there, for this machine, as `npm run build` does. */
export function buildExecutable(): void {
  for (const script of ['watchdog-executable.mjs', 'cli-executable.mjs'])
    execFileSync(process.execPath, [join(root, 'tools', script)], { stdio: ['ignore', 'ignore', 'inherit'] });
}
