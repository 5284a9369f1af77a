import { Readable } from 'node:stream';
import type { HttpRequest } from '../../../common/http/message.ts';
import { hasNoBody } from '../../process/request-body.ts';

/** A Request with the body still to be streamed. */
export function toRequest(req: HttpRequest, signal: AbortSignal): Request {
  const headers = new Headers();
  const raw = req.rawHeaders;
  for (let i = 0; i < raw.length; i += 2) headers.append(raw[i]!, raw[i + 1]!);
  const url = new URL(req.url!, `http://${req.headers.host ?? 'localhost'}`);
  const method = req.method!;
  if (hasNoBody(req) || method === 'GET' || method === 'HEAD') return new Request(url, { method, headers, signal });
  // `duplex` is in the Fetch standard, which the types lag behind.
  const init = { method, headers, signal, body: Readable.toWeb(req), duplex: 'half' };
  return new Request(url, init as unknown as RequestInit);
}
