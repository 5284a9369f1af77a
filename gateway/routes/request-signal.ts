import type { ServerResponse } from 'node:http';

/** Aborts once the client has gone before its answer was whole. */
export function requestSignal(res: ServerResponse): AbortSignal {
  const gone = new AbortController();
  res.once('close', () => {
    if (!res.writableFinished) gone.abort(new Error('the client has gone'));
  });
  return gone.signal;
}
