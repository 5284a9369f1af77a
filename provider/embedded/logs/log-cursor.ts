import type { Stats } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { UNTRUSTED_READ } from '../untrusted-read.ts';

/** One line, as the watchdog wrote it: `RFC3339 text`. */
export interface LogLine {
  readonly timestamp: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly text: string;
}

const CHUNK_BYTES = 64 * 1024;
/** A longer line comes in pieces; the watchdog breaks its own far earlier. */
const MAX_LINE_BYTES = 1024 * 1024;
const LINE_FEED = 10;
const STAMPED = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\S*) (.*)$/s;

/**
 * Reads one replica's log from old to new, over rotations (`FILE.1` is the older part), as far as there is something.
 */
export class LogCursor {
  readonly #path: string;
  #file: FileHandle | undefined;
  #inode = 0;
  #position = 0;
  #rest: Buffer = Buffer.alloc(0);
  #last: Pick<LogLine, 'timestamp' | 'at'> | undefined;

  private constructor(path: string) {
    this.#path = path;
  }

  /** At the beginning, or, with `tail`, where about so many lines follow, never fewer if there are as many. */
  static async open(path: string, tail: number | undefined): Promise<LogCursor> {
    const cursor = new LogCursor(path);
    const current = tail === undefined ? undefined : await openLog(path);
    const from = current && (await tailPosition(current.file, current.stats.size, tail!));
    if (current && from) cursor.#turnTo(current, from);
    else {
      await current?.file.close();
      const older = await openLog(`${path}.1`);
      const position = older && tail !== undefined ? await tailPosition(older.file, older.stats.size, tail) : 0;
      if (older) cursor.#turnTo(older, position ?? 0);
    }
    return cursor;
  }

  /** What there is now; call it again for what has come since. */
  async *read(): AsyncGenerator<LogLine> {
    for (;;) {
      yield* this.#readFile();
      const next = await this.#nextFile();
      if (!next) return;
      // Between our last read and the rotation the old file may have grown.
      yield* this.#readFile();
      await this.#file?.close();
      this.#turnTo(next, 0);
    }
  }

  async close(): Promise<void> {
    await this.#file?.close();
    this.#file = undefined;
  }

  #turnTo({ file, stats }: OpenLog, position: number): void {
    this.#file = file;
    this.#inode = stats.ino;
    this.#position = position;
    this.#rest = Buffer.alloc(0);
  }

  /** The file that has taken the place of the one that is read. */
  async #nextFile(): Promise<OpenLog | undefined> {
    const stats = await stat(this.#path).catch(() => undefined);
    return stats === undefined || stats.ino === this.#inode ? undefined : openLog(this.#path);
  }

  async *#readFile(): AsyncGenerator<LogLine> {
    const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
    while (this.#file) {
      const { bytesRead } = await this.#file.read(buffer, 0, CHUNK_BYTES, this.#position);
      if (bytesRead === 0) return;
      this.#position += bytesRead;
      let bytes = Buffer.concat([this.#rest, buffer.subarray(0, bytesRead)]);
      for (let feed = bytes.indexOf(LINE_FEED); feed !== -1; feed = bytes.indexOf(LINE_FEED)) {
        yield this.#lineOf(bytes.toString('utf8', 0, feed));
        bytes = bytes.subarray(feed + 1);
      }
      if (bytes.length > MAX_LINE_BYTES) {
        yield this.#lineOf(bytes.toString());
        bytes = bytes.subarray(bytes.length);
      }
      this.#rest = bytes;
    }
  }

  /** A line without a time belongs to the one before. */
  #lineOf(line: string): LogLine {
    const [, timestamp, text] = STAMPED.exec(line) ?? [];
    const at = timestamp === undefined ? Number.NaN : Date.parse(timestamp);
    if (!Number.isNaN(at)) this.#last = { timestamp: timestamp!, at };
    return {
      ...(this.#last ?? { timestamp: new Date(0).toISOString(), at: 0 }),
      text: Number.isNaN(at) ? line : text!,
    };
  }
}

interface OpenLog {
  readonly file: FileHandle;
  readonly stats: Stats;
}

async function openLog(path: string): Promise<OpenLog | undefined> {
  const file = await open(path, UNTRUSTED_READ).catch(() => undefined);
  if (!file) return undefined;
  const stats = await file.stat();
  if (stats.isFile()) return { file, stats };
  await file.close();
  return undefined;
}

/** Where the last `lines` lines begin; `undefined` when the file has fewer. */
async function tailPosition(file: FileHandle, size: number, lines: number): Promise<number | undefined> {
  const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
  let wanted = lines;
  for (let end = size; end > 0; ) {
    const start = Math.max(0, end - CHUNK_BYTES);
    const { bytesRead } = await file.read(buffer, 0, end - start, start);
    for (let at = bytesRead - 1; at >= 0; at--) {
      // The feed at the very end closes the last line and begins none.
      if (buffer[at] !== LINE_FEED || start + at === size - 1) continue;
      if (--wanted <= 0) return start + at + 1;
    }
    end = start;
  }
  return undefined;
}
