import type { Socket } from 'node:net';

/** A piece of a body up to this size is copied behind what goes before it, to leave in one write. */
const SMALL_BYTES = 16_384;

/** Writes `chunk` between two Latin-1 texts, in as few writes as is cheap. @returns false: wait for `drain` */
export function writePiece(socket: Socket, before: string, chunk: Uint8Array, after: string): boolean {
  if (before === '' && after === '') return socket.write(chunk);
  if (chunk.length <= SMALL_BYTES) {
    const whole = Buffer.allocUnsafe(before.length + chunk.length + after.length);
    whole.write(before, 0, 'latin1');
    whole.set(chunk, before.length);
    if (after !== '') whole.write(after, before.length + chunk.length, 'latin1');
    return socket.write(whole);
  }
  socket.cork();
  if (before !== '') socket.write(before, 'latin1');
  let writable = socket.write(chunk);
  if (after !== '') writable = socket.write(after, 'latin1');
  socket.uncork();
  return writable;
}
