import type { Fields } from './fields.ts';

/** Never forwarded (RFC 9110 section 7.6.1), with Proxy-Connection and Expect, which are of one hop too. */
const HOP_BY_HOP = [
  'te',
  'expect',
  'upgrade',
  'trailer',
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'proxy-authenticate',
  'proxy-authorization',
];
/** By the length of the name, by which most headers are told apart. */
const HOP_BY_HOP_BY_LENGTH = Array.from({ length: 20 }, (_, length) =>
  HOP_BY_HOP.filter((name) => name.length === length),
);

/** Whether a header is never forwarded. */
export function isHopByHop(fields: Fields, at: number): boolean {
  const length = fields.nameLength(at);
  if (length >= HOP_BY_HOP_BY_LENGTH.length) return false;
  const names = HOP_BY_HOP_BY_LENGTH[length]!;
  for (let i = 0; i < names.length; i++) if (fields.isNamed(at, names[i]!)) return true;
  return false;
}

/** As `isHopByHop`, of a name. */
export const isHopByHopName = (name: string): boolean => HOP_BY_HOP.includes(name.toLowerCase());

/**
 * The header names that a `Connection` value lists, in lower case. Most values list none: `keep-alive` and `close` are
 * no headers to be removed, and Host must stay.
 */
export function namedByConnection(value: string | undefined): string[] | undefined {
  if (value === undefined || value === 'keep-alive' || value === 'close') return undefined;
  const names = value
    .toLowerCase()
    .split(',')
    .map((token) => token.trim());
  return names.filter((name) => name !== '' && name !== 'host' && name !== 'close');
}

/**
 * Trailers that may be passed on: none that would change framing, routing or the connection (RFC 9110 section 6.5.1),
 * and none that is more than a line, such as one that was folded.
 */
export function safeTrailers(trailers: readonly string[]): string[] {
  const kept: string[] = [];
  for (let i = 0; i < trailers.length; i += 2)
    if (isSafeTrailer(trailers[i]!) && !NOT_VALUE.test(trailers[i + 1]!)) kept.push(trailers[i]!, trailers[i + 1]!);
  return kept;
}

/** The names of a `Trailer` header that may be declared anew; undefined when none is left. */
export function safeTrailerNames(value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  const names = value
    .split(',')
    .map((name) => name.trim())
    .filter((name) => /^[!#$%&'*+\-.^_`|~\w]+$/.test(name) && isSafeTrailer(name));
  return names.length === 0 ? undefined : names.join(', ');
}

const NOT_VALUE = /[^\t\x20-\x7e\x80-\xff]/;
const FORBIDDEN_TRAILERS = new Set([
  'content-length',
  'host',
  'authorization',
  'content-encoding',
  'content-type',
  'content-range',
  'set-cookie',
  'cookie',
  'cache-control',
  'max-forwards',
]);

const isSafeTrailer = (name: string): boolean => !isHopByHopName(name) && !FORBIDDEN_TRAILERS.has(name.toLowerCase());
