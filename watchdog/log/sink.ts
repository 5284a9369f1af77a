import { closeSync, fstatSync, openSync, renameSync, writeSync } from 'node:fs';

/** Where finished text goes. Writes are synchronous, so that nothing is lost when the process ends. */
export interface Sink {
  write(text: string): void;
  close(): void;
}

/** A full pipe is tried again after this long. */
const RETRY_MS = 5;
/** How often the end of the process tries again before it gives up. */
const LAST_TRIES = 200;
/** What waits for a reader that is behind; beyond it lines are dropped, so that the function lives on. */
const BACKLOG_BYTES = 16 * 1024 * 1024;
const sleeper = new Int32Array(new SharedArrayBuffer(4));

/** Writes to an inherited descriptor, such as 2, also to a pipe that is full for a while. A closed reader is no failure. */
export function fdSink(fd: number): Sink {
  let backlog = Buffer.alloc(0);
  let timer: NodeJS.Timeout | undefined;
  const drain = (): void => {
    clearTimeout(timer);
    backlog = backlog.subarray(writeSome(fd, backlog));
    timer = backlog.length > 0 ? setTimeout(drain, RETRY_MS) : undefined;
  };
  return {
    write(text) {
      const bytes = Buffer.from(text);
      if (backlog.length > 0) {
        if (backlog.length + bytes.length <= BACKLOG_BYTES) backlog = Buffer.concat([backlog, bytes]);
        return;
      }
      backlog = bytes;
      drain();
    },
    close() {
      for (let tries = 0; backlog.length > 0 && tries < LAST_TRIES; tries++) {
        drain();
        if (backlog.length > 0) Atomics.wait(sleeper, 0, 0, RETRY_MS);
      }
      clearTimeout(timer);
    },
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
      writeSome(fd, bytes);
    },
    close() {
      closeSync(fd);
    },
  };
}

/** How many bytes need not be written again: fewer than all when the pipe is full now. */
function writeSome(fd: number, bytes: Buffer): number {
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(fd, bytes, at);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EAGAIN') return at;
      // Nobody reads any more, or the disk is full: nothing that the function should end of.
      if (code !== 'EINTR') return bytes.length;
    }
  }
  return bytes.length;
}
