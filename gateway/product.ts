import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { VersionJson } from '../provider/wire/info.ts';

const ROOT = join(import.meta.dirname, '..');

/** What runs: the package's version, and the commit of the checkout where there is one. */
export function productVersion(): VersionJson {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
  return { release: version, sha: commit() ?? 'unknown' };
}

/** Read from git's own files: to start git would cost more than the rest of the start. */
function commit(): string | undefined {
  try {
    const head = readFileSync(join(ROOT, '.git/HEAD'), 'utf8').trim();
    const ref = /^ref: (.+)$/.exec(head)?.[1];
    return ref === undefined ? head : readFileSync(join(ROOT, '.git', ref), 'utf8').trim();
  } catch {
    return undefined;
  }
}
