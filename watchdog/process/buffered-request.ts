import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';

/** `req` with its body already read, for whoever wants to read the body of a request. */
export function bufferedRequest(req: IncomingMessage, body: Buffer): IncomingMessage {
  const { method, url, headers, rawHeaders, httpVersion, httpVersionMajor, httpVersionMinor, socket } = req;
  const stream = Readable.from(body.length === 0 ? [] : [body], { objectMode: false });
  const fields = { method, url, headers, rawHeaders, httpVersion, httpVersionMajor, httpVersionMinor, socket };
  return Object.assign(stream, fields, { complete: true, rawTrailers: req.rawTrailers }) as unknown as IncomingMessage;
}
