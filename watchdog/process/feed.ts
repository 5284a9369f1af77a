import type { HttpRequest } from '../../common/http/message.ts';
import type { Child } from './child.ts';
import type { BodyStart } from './request-body.ts';

/**
 * Gives a process its input and closes it, with backpressure. A process that stops reading is fine: the rest is read
 * and thrown away, so that the answer need not wait for it. A body that is cut ends the process: it must not take the
 * part for the whole.
 */
export function feed(child: Child, req: HttpRequest, body: BodyStart): void {
  const { stdin } = child;
  const { chunks, whole } = body;
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
  req.once('close', () => {
    if (!req.complete && child.running) child.end();
  });
  for (const chunk of chunks) stdin.write(chunk);
  req.pipe(stdin);
}
