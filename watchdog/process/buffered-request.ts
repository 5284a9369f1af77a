import { Readable } from 'node:stream';
import type { HttpRequest } from '../../common/http/message.ts';

/** `req` with its body already read, for whoever wants to read the body of a request. */
export function bufferedRequest(req: HttpRequest, body: Buffer): HttpRequest {
  const { method, url, headers, rawHeaders, httpVersionMajor, httpVersionMinor, socket } = req;
  const stream = Readable.from(body.length === 0 ? [] : [body], { objectMode: false });
  const fields = { method, url, headers, rawHeaders, httpVersionMajor, httpVersionMinor, socket };
  return Object.assign(stream, fields, { complete: true, rawTrailers: req.rawTrailers }) as unknown as HttpRequest;
}
