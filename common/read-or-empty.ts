import { readFileSync } from 'node:fs';

/** A file of the kernel's; '' for one that is not there, or not ours to read. */
export function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
