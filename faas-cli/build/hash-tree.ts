import { createHash, type Hash } from 'node:crypto';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';

/** Adds paths, kinds and contents below `folder` to a hash, in a stable order. */
export async function hashTree(hash: Hash, folder: string, prefix = ''): Promise<void> {
  const entries = await readdir(folder, { withFileTypes: true });
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const entry of entries) {
    const path = join(folder, entry.name);
    const name = `${prefix}${entry.name}`;
    if (entry.isDirectory()) await hashTree(hash, path, `${name}/`);
    else if (entry.isSymbolicLink()) hash.update(`link ${name}\0${await readlink(path)}\0`);
    else if (entry.isFile())
      hash
        .update(`file ${name}\0`)
        .update(await readFile(path))
        .update('\0');
  }
}

/** The hash of what `feed` adds, in hex. */
export async function digestOf(algorithm: string, feed: (hash: Hash) => Promise<void> | void): Promise<string> {
  const hash = createHash(algorithm);
  await feed(hash);
  return hash.digest('hex');
}
