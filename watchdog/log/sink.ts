import { closeSync, fstatSync, openSync, renameSync, writeSync } from 'node:fs';

/** Where finished text goes. Writes are synchronous, so that nothing is lost when the process ends. */
export interface Sink {
  write(text: string): void;
  close(): void;
}

/** How long the end of the process may wait for a full pipe. */
const WAIT_MS = 5;
const WAITS = 200;
const sleeper = new Int32Array(new SharedArrayBuffer(4));

/** Writes to an inherited descriptor, such as 2. A closed reader, or one that is stuck for a second, loses lines. */
export function fdSink(fd: number): Sink {
  let broken = false;
  return {
    write(text) {
      if (!broken) broken = !writeAll(fd, Buffer.from(text));
    },
    close() {},
  };
}

/**
 * Appends to a file and renames it to `path.1` when it would grow over `maxBytes`.
 *
 * @throws Error of node:fs when the file cannot be opened
 */
export function fileSink(path: string, maxBytes: number): Sink {
  let fd = openSync(path, 'a', 0o640);
  let size = fstatSync(fd).size;
  return {
    write(text) {
      const bytes = Buffer.from(text);
      if (size > 0 && size + bytes.length > maxBytes) {
        try {
          renameSync(path, `${path}.1`);
          const next = openSync(path, 'a', 0o640);
          closeSync(fd);
          fd = next;
        } catch {
          // A folder that became read-only must not stop the function; the old file goes on growing.
        }
        size = 0;
      }
      size += bytes.length;
      writeAll(fd, bytes);
    },
    close() {
      closeSync(fd);
    },
  };
}

/** False when the reader is gone for good. */
function writeAll(fd: number, bytes: Buffer): boolean {
  let waits = 0;
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(fd, bytes, at);
      waits = 0;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EINTR') continue;
      if (code !== 'EAGAIN') return code === 'ENOSPC';
      // Whoever started us made the pipe non-blocking, and its reader is behind.
      if (waits++ === WAITS) return true;
      Atomics.wait(sleeper, 0, 0, WAIT_MS);
    }
  }
  return true;
}
