import { once } from 'node:events';
import type { HttpResponse } from '../../common/http/message.ts';

/** Resolves when `res` has room for more, or has ended: whoever writes looks which. */
export async function roomOrEnd(res: HttpResponse): Promise<void> {
  if (res.destroyed) return;
  const settled = new AbortController();
  const { signal } = settled;
  const drain = once(res, 'drain', { signal });
  const close = once(res, 'close', { signal });
  // The one that loses is aborted, which is no failure.
  drain.catch(() => {});
  close.catch(() => {});
  try {
    await Promise.race([drain, close]);
  } finally {
    settled.abort();
  }
}
