import type { Socket } from 'node:net';
import { isBorrowed } from './read-buffer.ts';
import { giveSlab, takeSlab } from './slabs.ts';

/** A piece of a body up to this size is copied behind what goes before it, to leave in one write. */
const SMALL_BYTES = 16_384;

/**
 * Writes `chunk` between two Latin-1 texts, in as few writes as is cheap. A chunk in the shared read buffer, which the
 * next read overwrites, is copied; any other must stay as it is until it is written.
 *
 * @returns false: wait for `drain`
 */
export function writePiece(socket: Socket, before: string, chunk: Uint8Array, after: string): boolean {
  if (isBorrowed(chunk)) return writeCopy(socket, before, chunk, after);
  if (before === '' && after === '') return socket.write(chunk);
  if (chunk.length <= SMALL_BYTES) {
    const whole = Buffer.allocUnsafe(before.length + chunk.length + after.length);
    return socket.write(fill(whole, before, chunk, after));
  }
  socket.cork();
  if (before !== '') socket.write(before, 'latin1');
  let writable = socket.write(chunk);
  if (after !== '') writable = socket.write(after, 'latin1');
  socket.uncork();
  return writable;
}

function writeCopy(socket: Socket, before: string, chunk: Uint8Array, after: string): boolean {
  const bytes = before.length + chunk.length + after.length;
  const slab = takeSlab(bytes);
  if (slab === undefined) return writePiece(socket, before, Buffer.from(chunk), after);
  const writable = socket.write(fill(slab.subarray(0, bytes), before, chunk, after));
  // Mostly the kernel has all of it by now. What was cut short may still be read from: that slab is left to the collector.
  if (socket.writableLength === 0) giveSlab(slab);
  else
    socket.write(EMPTY, (error) => {
      if (!error) giveSlab(slab);
    });
  return writable;
}

function fill(whole: Buffer, before: string, chunk: Uint8Array, after: string): Buffer {
  if (before !== '') whole.write(before, 0, 'latin1');
  whole.set(chunk, before.length);
  if (after !== '') whole.write(after, before.length + chunk.length, 'latin1');
  return whole;
}

const EMPTY = new Uint8Array(0);
