import { opendir } from 'node:fs/promises';

/** Small enough for a piece to be read within a millisecond. */
const PIECE = 1024;

/** File descriptors that this process has open; Linux only, 0 elsewhere. */
export async function openFiles(): Promise<number> {
  let count = 0;
  try {
    for await (const _ of await opendir('/proc/self/fd', { bufferSize: PIECE })) count++;
  } catch {
    return 0;
  }
  // Without the one that they were read by.
  return count - 1;
}
