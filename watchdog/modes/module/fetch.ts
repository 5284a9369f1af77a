import { Readable } from 'node:stream';
import { FaasError } from '../../../common/errors.ts';
import type { HttpRequest } from '../../../common/http/message.ts';
import { hasNoBody } from '../../process/request-body.ts';

/** A Request with the body still to be streamed. @throws FaasError `invalid_request` for a Host that is none */
export function toRequest(req: HttpRequest, signal: AbortSignal): Request {
  const headers = new Headers();
  const raw = req.rawHeaders;
  for (let i = 0; i < raw.length; i += 2) headers.append(raw[i]!, raw[i + 1]!);
  const url = urlOf(req);
  const method = req.method!;
  if (hasNoBody(req) || method === 'GET' || method === 'HEAD')
    return withMethod(new Request(url, { method, headers, signal }), method);
  // `duplex` is in the Fetch standard, which the types lag behind.
  const init = { method, headers, signal, body: Readable.toWeb(req), duplex: 'half' };
  return withMethod(new Request(url, init as unknown as RequestInit), method);
}

/** Bun takes what it does not know, such as PROPFIND, for GET. */
function withMethod(request: Request, method: string): Request {
  return request.method === method ? request : Object.defineProperty(request, 'method', { value: method });
}

/** Not resolved against the host, which a path such as `//other/x` would replace; nor may Host bring a path. */
function urlOf({ headers, url }: HttpRequest): string {
  const path = url!.startsWith('/') ? url! : `/${url!}`;
  const host = headers.host || 'localhost';
  const text = `http://${host}${path}`;
  if (!/[/?#@\\]/.test(host) && URL.canParse(text)) return text;
  throw new FaasError('invalid_request', `"${host}" is no host, as the Host header must be.`);
}
