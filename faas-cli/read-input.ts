import { Readable } from 'node:stream';
import type { Context } from './context.ts';

/** Up to this, a body is sent with its length, which every function understands; more is streamed. */
const WHOLE_BYTES = 8 * 1024 * 1024;

/**
 * What stdin holds: bytes, or a stream when it is large.
 *
 * @param whole never a stream
 */
export async function readInput(context: Context, whole: boolean): Promise<Uint8Array | Readable> {
  const { stdin, stderr, signal } = context;
  if (stdin.isTTY) stderr.write('Reading from STDIN - hit (Control + D) to stop.\n');
  const onAbort = () => stdin.destroy(signal.reason as Error);
  signal.addEventListener('abort', onAbort);
  try {
    const iterator = stdin[Symbol.asyncIterator]() as AsyncIterator<Uint8Array | string>;
    const chunks: Buffer[] = [];
    let bytes = 0;
    for (;;) {
      const { done, value } = await iterator.next();
      if (done) return Buffer.concat(chunks);
      chunks.push(Buffer.from(value as Uint8Array));
      bytes += chunks.at(-1)!.length;
      if (bytes > WHOLE_BYTES && !whole) return Readable.from(rest(chunks, iterator), { objectMode: false });
    }
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

async function* rest(first: Buffer[], iterator: AsyncIterator<Uint8Array | string>): AsyncGenerator<Buffer> {
  yield* first;
  for (;;) {
    const { done, value } = await iterator.next();
    if (done) return;
    yield Buffer.from(value as Uint8Array);
  }
}
