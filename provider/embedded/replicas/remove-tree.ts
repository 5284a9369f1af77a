import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Owner } from '../data-folder.ts';

/** Folders may have been closed to their own owner. */
const REMOVE = 'rm -rf -- "$@" 2>/dev/null || { chmod -R u+rwx -- "$@"; rm -rf -- "$@"; }';

/**
 * Removes a folder that a function's user could write to. That user removes what is in it: were we to do it, as root, a
 * process of the function could put a link in a folder's place while we walk, and have us remove something else.
 * What cannot be removed is left for the next start.
 */
export async function removeTree(path: string, owner: Owner | undefined): Promise<void> {
  if (!owner) return rm(path, { recursive: true, force: true });
  const entries = (await readdir(path).catch(() => [])).map((name) => join(path, name));
  if (entries.length > 0) {
    const options = { stdio: 'ignore', env: { PATH: '/usr/bin:/bin' }, cwd: '/', ...owner } as const;
    await once(spawn('/bin/sh', ['-c', REMOVE, 'sh', ...entries], options), 'close');
  }
  await rmdir(path).catch(() => {});
}
