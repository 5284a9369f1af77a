import type { HttpRequest } from '../../common/http/message.ts';

/** How long a client may go on sending what nobody wants, so that it reads our answer instead of a reset. */
const LINGER_MS = 2000;

/** Reads and forgets the rest of a request that is answered already, for a bounded time; then cuts it. */
export function dropRest(req: HttpRequest): void {
  if (req.complete || req.destroyed) return;
  const cut = setTimeout(() => req.socket.destroy(), LINGER_MS).unref();
  req.once('close', () => clearTimeout(cut)).resume();
}

/**
 * Calls `onExceeded` once more than `maxBytes` of a body without announced length have arrived. Counts where the
 * parser hands over its pieces: a listener for them would set the stream flowing before its reader is there.
 */
export function limitBody(req: HttpRequest, maxBytes: number, onExceeded: () => void): void {
  if (req.limitBody !== undefined) {
    req.limitBody(maxBytes, onExceeded);
    return;
  }
  const push = req.push;
  let left = maxBytes;
  req.push = (chunk: Buffer | null, encoding?: BufferEncoding) => {
    if (chunk !== null && left >= 0 && (left -= chunk.length) < 0) onExceeded();
    return push.call(req, chunk, encoding);
  };
}
