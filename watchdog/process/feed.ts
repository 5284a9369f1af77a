import type { IncomingMessage } from 'node:http';
import type { Writable } from 'node:stream';
import type { BodyStart } from './request-body.ts';

/**
 * Gives a process its input and closes it, with backpressure. A process that stops reading is fine: the rest is read
 * and thrown away, so that the caller gets to read the answer.
 */
export function feed(stdin: Writable, req: IncomingMessage, { chunks, whole }: BodyStart): void {
  if (whole) {
    const last = chunks.length - 1;
    for (let i = 0; i < last; i++) stdin.write(chunks[i]);
    stdin.end(chunks[last]);
    return;
  }
  stdin.once('close', () => {
    req.unpipe(stdin);
    req.resume();
  });
  for (const chunk of chunks) stdin.write(chunk);
  req.pipe(stdin);
}
