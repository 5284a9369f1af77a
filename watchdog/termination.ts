import { writeFileSync } from 'node:fs';
import type { Termination } from './modes/mode.ts';

/**
 * Leaves word of why the watchdog ended by itself, for whoever started it (docs/ARCHITECTURE.md). Synchronous, for
 * it is called while the process ends; a file that cannot be written is nothing to die of.
 */
export function writeTermination(path: string, why: Termination, lastLogLines: readonly string[]): void {
  if (path === '') return;
  try {
    writeFileSync(path, `${JSON.stringify({ ...why, lastLogLines })}\n`);
  } catch {
    // Already ending.
  }
}
