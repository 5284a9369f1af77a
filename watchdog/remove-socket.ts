import { rmSync, statSync } from 'node:fs';

/**
 * Makes room for a Unix socket where an earlier one was left.
 *
 * @throws Error that names `setting` when something else is there
 */
export function removeSocket(path: string, setting: string): void {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found !== undefined && !found.isSocket())
    throw new Error(`${setting}: ${path} is there and no socket; remove it, or choose another path`);
  rmSync(path, { force: true });
}
