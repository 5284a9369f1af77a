import { watch } from 'node:fs';
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { LogMessage, LogQuery } from '../../provider.ts';
import { LogCursor, type LogLine } from './log-cursor.ts';

const EXTENSION = '.log';

type Entry = LogLine & { readonly instance: string };

/** The lines of a function's replicas, living and ended, in the order of their times. */
export async function* readLogs(folder: string, query: LogQuery, signal: AbortSignal): AsyncGenerator<LogMessage> {
  // Watching begins before reading, so nothing falls between the two.
  const changes = query.follow ? new FolderChanges(folder, signal) : undefined;
  const cursors = new Map<string, LogCursor>();
  const messageOf = ({ instance, timestamp, text }: Entry): LogMessage => {
    const { name, namespace } = query;
    return { name, namespace, instance, timestamp, text };
  };
  const since = query.since?.getTime() ?? Number.NEGATIVE_INFINITY;
  try {
    let past = mergeByTime(await openCursors(folder, query, cursors, query.tail));
    if (query.tail !== undefined) past = lastOf(past, query.tail);
    for await (const entry of past) {
      if (signal.aborted) return;
      if (entry.at >= since) yield messageOf(entry);
    }
    while (await changes?.next())
      for await (const entry of mergeByTime(await openCursors(folder, query, cursors)))
        if (signal.aborted) return;
        else if (entry.at >= since) yield messageOf(entry);
  } finally {
    changes?.close();
    for (const cursor of cursors.values()) await cursor.close();
  }
}

/** Removes the oldest logs of ended replicas but for so many. */
export async function pruneLogs(folder: string, isLive: (replica: string) => boolean, keep: number): Promise<void> {
  const ended = (await replicasIn(folder)).filter((replica) => !isLive(replica));
  const ages = await Promise.all(ended.map(async (replica) => ({ replica, at: await changedAt(folder, replica) })));
  for (const { replica } of ages.sort((a, b) => b.at - a.at).slice(keep))
    for (const file of [`${replica}${EXTENSION}`, `${replica}${EXTENSION}.1`])
      await rm(join(folder, file), { force: true });
}

const changedAt = async (folder: string, replica: string): Promise<number> =>
  (await stat(join(folder, replica + EXTENSION)).catch(() => undefined))?.mtimeMs ?? 0;

async function replicasIn(folder: string): Promise<string[]> {
  const files = await readdir(folder).catch(() => []);
  return files.filter((file) => file.endsWith(EXTENSION)).map((file) => file.slice(0, -EXTENSION.length));
}

/** All cursors, with new ones for replicas that have come. */
async function openCursors(
  folder: string,
  { instance }: LogQuery,
  cursors: Map<string, LogCursor>,
  tail?: number,
): Promise<AsyncGenerator<Entry>[]> {
  for (const replica of await replicasIn(folder)) {
    if (cursors.has(replica) || (instance !== undefined && instance !== replica)) continue;
    cursors.set(replica, await LogCursor.open(join(folder, replica + EXTENSION), tail));
  }
  return [...cursors].map(([replica, cursor]) => entriesOf(replica, cursor));
}

async function* entriesOf(instance: string, cursor: LogCursor): AsyncGenerator<Entry> {
  for await (const line of cursor.read()) yield { ...line, instance };
}

/** Each source is in order by itself. */
async function* mergeByTime(sources: readonly AsyncGenerator<Entry>[]): AsyncGenerator<Entry> {
  const heads: { entry: Entry; source: AsyncGenerator<Entry> }[] = [];
  const advance = async (source: AsyncGenerator<Entry>) => {
    const { value, done } = await source.next();
    if (!done) heads.push({ entry: value, source });
  };
  for (const source of sources) await advance(source);
  while (heads.length > 0) {
    const first = heads.reduce((least, head, index) => (head.entry.at < heads[least]!.entry.at ? index : least), 0);
    const [{ entry, source }] = heads.splice(first, 1) as [(typeof heads)[number]];
    yield entry;
    await advance(source);
  }
}

async function* lastOf(entries: AsyncGenerator<Entry>, count: number): AsyncGenerator<Entry> {
  const kept: Entry[] = [];
  for await (const entry of entries) {
    kept.push(entry);
    // Rarely, so that a long log is not shifted for each line.
    if (kept.length >= 2 * count + 1024) kept.splice(0, kept.length - count);
  }
  yield* kept.slice(kept.length - Math.min(count, kept.length));
}

/** Tells that something in a folder changed, until the signal aborts. */
class FolderChanges {
  readonly #watcher: ReturnType<typeof watch>;
  #changed = false;
  #ended = false;
  #wake: (() => void) | undefined;

  constructor(folder: string, signal: AbortSignal) {
    this.#watcher = watch(folder, { signal }, () => {
      this.#changed = true;
      this.#wake?.();
    });
    this.#watcher.on('close', () => this.#end()).on('error', () => this.#end());
  }

  /** True after a change, at once if there was one since; false at the end. */
  async next(): Promise<boolean> {
    if (!this.#changed && !this.#ended) await new Promise<void>((resolve) => (this.#wake = resolve));
    this.#changed = false;
    return !this.#ended;
  }

  close(): void {
    this.#watcher.close();
  }

  #end(): void {
    this.#ended = true;
    this.#wake?.();
  }
}
