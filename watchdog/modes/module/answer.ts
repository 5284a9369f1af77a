import { secondsText } from '../../../common/seconds-text.ts';
import type { Call } from '../mode.ts';
import { roomOrEnd } from '../room-or-end.ts';
import type { FunctionContext } from './context.ts';

/** Characters of a text that it is worth looking at one by one. */
const MAX_TEXT = 1024;
const DURATION_HEADER = 'X-Duration-Seconds';
const secondsOf = ({ startedAt }: Call): string => secondsText(performance.now() - startedAt);

type Headers = Record<string, string | number | readonly string[]>;

/**
 * Writes what a handler returned: text as text/plain, bytes as application/octet-stream, a Response as it is, streams
 * and async iterables piece by piece, nothing as an empty 200, anything else as JSON. A stream that fails is cut.
 *
 * @throws what makes no answer, such as a stream that fails before its first piece
 */
export function writeAnswer(call: Call, context: FunctionContext, value: unknown): void | Promise<void> {
  const { res } = call;
  if (res.destroyed || res.headersSent) return;
  if (typeof value === 'string') writeWhole(call, context, bytesOf(value), 'text/plain; charset=utf-8');
  else if (value === undefined) writeWhole(call, context, Buffer.alloc(0), undefined);
  else if (value instanceof Uint8Array) writeWhole(call, context, asBuffer(value), 'application/octet-stream');
  else if (value instanceof ArrayBuffer) writeWhole(call, context, Buffer.from(value), 'application/octet-stream');
  else if (value instanceof Response) return writeResponse(call, context, value);
  else if (isAsyncIterable(value)) {
    const headers = { 'Content-Type': 'application/octet-stream' };
    return writeStream(call, value, () => writeHead(call, context, context.status() ?? 200, headers));
  } else writeWhole(call, context, bytesOf(JSON.stringify(value) ?? 'null'), 'application/json');
}

/** @param body a string is Latin-1 */
function writeWhole(call: Call, context: FunctionContext, body: Buffer | string, type: string | undefined): void {
  const { req, res } = call;
  const status = context.status() ?? 200;
  if (type !== undefined && context.headers() === undefined) {
    // The way of nearly all answers, in the form that costs least.
    const duration = secondsOf(call);
    if (status === 200 && req.method !== 'HEAD' && res.writeCheckedHead !== undefined) {
      const lines = `Content-Type: ${type}\r\nContent-Length: ${body.length}\r\n${DURATION_HEADER}: ${duration}\r\n`;
      res.writeCheckedHead(200, 'OK', lines, 'length', false);
    } else {
      res.writeHead(status, ['Content-Type', type, 'Content-Length', String(body.length), DURATION_HEADER, duration]);
    }
  } else {
    const headers: Headers = { 'Content-Length': body.length };
    if (type !== undefined) headers['Content-Type'] = type;
    writeHead(call, context, status, headers);
  }
  if (typeof body === 'string') res.end(body, 'latin1');
  else res.end(body);
}

/** Short ASCII stays text, which leaves with the head in one piece and is never copied. */
function bytesOf(text: string): Buffer | string {
  if (text.length > MAX_TEXT) return Buffer.from(text);
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 127) return Buffer.from(text);
  return text;
}

async function writeResponse(call: Call, context: FunctionContext, response: Response): Promise<void> {
  if (response.bodyUsed)
    throw new TypeError('The Response was used before; make one for each call, or return a clone() of it.');
  const isDecoded = response.url !== '' && DECODED.test(response.headers.get('content-encoding') ?? '');
  const headers: Headers = {};
  for (const [name, value] of response.headers)
    if (name !== 'set-cookie' && !(isDecoded && OF_CODED_BODY.has(name))) headers[name] = value;
  const cookies = response.headers.getSetCookie();
  if (cookies.length > 0) headers['set-cookie'] = cookies;
  const begin = (): void => writeHead(call, context, response.status, headers, response.statusText);
  if (response.body !== null) return writeStream(call, response.body as unknown as AsyncIterable<unknown>, begin);
  begin();
  call.res.end();
}

/** What `fetch` decodes, though the Response that it gives, which alone has a url, keeps the headers of the coded body. */
const DECODED = /^(?:(?:x-)?gzip|deflate|br|zstd)$/i;
const OF_CODED_BODY: ReadonlySet<string> = new Set(['content-encoding', 'content-length']);

/** Headers that the context got win over those of the value. */
function writeHead(call: Call, context: FunctionContext, status: number, headers: Headers, reason = ''): void {
  const all: Headers = { [DURATION_HEADER]: secondsOf(call) };
  for (const [name, value] of Object.entries(headers)) all[name] = value;
  for (const [name, value] of Object.entries(context.headers() ?? {})) {
    const same = Object.keys(all).find((other) => other.toLowerCase() === name.toLowerCase());
    if (same !== undefined) delete all[same];
    all[name] = value;
  }
  const { res } = call;
  // `writeHead` types want mutable lists.
  if (reason === '') res.writeHead(status, all as Record<string, string>);
  else res.writeHead(status, reason, all as Record<string, string>);
}

/** @param begin writes the head, which waits for the first piece: a stream that fails at once can still be a 500 */
async function writeStream(call: Call, pieces: AsyncIterable<unknown>, begin: () => void): Promise<void> {
  const { res } = call;
  let begun = false;
  try {
    for await (const piece of pieces) {
      // Also when its time was over before its first piece came.
      if (res.destroyed || res.writableEnded) return;
      if (!begun) begin();
      begun = true;
      const bytes = typeof piece === 'string' ? Buffer.from(piece) : toBytes(piece);
      if (!res.write(bytes)) await roomOrEnd(res);
    }
    if (res.destroyed || res.writableEnded) return;
    if (!begun) begin();
    res.end();
  } catch (error) {
    if (begun) res.destroy();
    throw error;
  }
}

function toBytes(piece: unknown): Buffer {
  if (piece instanceof Uint8Array) return asBuffer(piece);
  if (piece instanceof ArrayBuffer) return Buffer.from(piece);
  return Buffer.from(`${JSON.stringify(piece)}\n`);
}

const asBuffer = (bytes: Uint8Array): Buffer =>
  Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

const isAsyncIterable = (value: unknown): value is AsyncIterable<unknown> =>
  typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
