import type { ServerResponse } from 'node:http';
import { setImmediate } from 'node:timers/promises';

/** What is made and written in one go: well under a millisecond of work, after which calls get their turn. */
const SLICE_CHARS = 32_768;

/**
 * Writes a long body that is made on the way, without holding up calls or getting ahead of a slow reader. Does not
 * end `res`.
 *
 * @throws Error when the reader has gone
 */
export async function writeSlices(res: ServerResponse, pieces: Iterable<string>): Promise<void> {
  let slice = '';
  for (const piece of pieces) {
    slice += piece;
    if (slice.length < SLICE_CHARS) continue;
    await write(res, slice);
    slice = '';
  }
  if (slice !== '') await write(res, slice);
}

/** The text of an array whose items are made one by one. */
export function* jsonArray(items: Iterable<unknown>): Iterable<string> {
  let separator = '[';
  for (const item of items) {
    yield separator + JSON.stringify(item);
    separator = ',';
  }
  yield separator === '[' ? '[]' : ']';
}

async function write(res: ServerResponse, slice: string): Promise<void> {
  if (res.destroyed) throw new Error('the reader has gone');
  if (res.write(slice)) await setImmediate();
  else await drained(res);
}

function drained(res: ServerResponse): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const done = (): void => {
    res.off('drain', done).off('close', done);
    resolve();
  };
  res.on('drain', done).on('close', done);
  return promise;
}
