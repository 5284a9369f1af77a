import type { IncomingHttpHeaders } from 'node:http';

/** Of these the first counts; of others all do, joined. As node:http has it (message.headers). */
const FIRST_COUNTS = new Set([
  'age',
  'authorization',
  'content-length',
  'content-type',
  'etag',
  'expires',
  'from',
  'host',
  'if-modified-since',
  'if-unmodified-since',
  'last-modified',
  'location',
  'max-forwards',
  'proxy-authorization',
  'referer',
  'retry-after',
  'server',
  'user-agent',
]);

/** A flat list of headers as an object, names in lower case. */
export function headerObject(raw: readonly string[]): IncomingHttpHeaders {
  const headers: Record<string, string | string[]> = {};
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i]!.toLowerCase();
    const value = raw[i + 1]!;
    const before = headers[name];
    if (name === '__proto__') Object.defineProperty(headers, name, { value, enumerable: true, configurable: true });
    else if (name === 'set-cookie') headers[name] = [...(before ?? []), value];
    else if (!Object.hasOwn(headers, name)) headers[name] = value;
    else if (!FIRST_COUNTS.has(name)) headers[name] = `${before}${name === 'cookie' ? '; ' : ', '}${value}`;
  }
  return headers;
}
