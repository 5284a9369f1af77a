/** A header list is flat, name after value, as in `IncomingMessage.rawHeaders`: order, case and repeats survive. */

/** The first value of a header; `lowerName` in lower case. */
export function getHeader(headers: readonly string[], lowerName: string): string | undefined {
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i]!;
    if (name.length === lowerName.length && name.toLowerCase() === lowerName) return headers[i + 1];
  }
  return undefined;
}

/**
 * Without hop-by-hop headers and those that Connection names (RFC 9110 section 7.6.1), and without Proxy-Connection
 * and Expect, which are of one hop too. Host stays even if Connection names it: a request must have one.
 */
export function stripHopByHop(headers: readonly string[]): string[] {
  const kept: string[] = [];
  let named: string[] | undefined;
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i]!;
    const value = headers[i + 1]!;
    if (isHopByHop(name)) {
      if (name.length === 10 && name.toLowerCase() === 'connection') named = join(named, namedByConnection(value));
    } else {
      kept.push(name, value);
    }
  }
  return named === undefined ? kept : withoutNames(kept, named);
}

/** `headers` with those of `added` in place of same-named ones. */
export function replaceHeaders(headers: readonly string[], added: readonly string[]): string[] {
  const kept: string[] = [];
  for (let i = 0; i < headers.length; i += 2) if (!hasName(added, headers[i]!)) kept.push(headers[i]!, headers[i + 1]!);
  for (let i = 0; i < added.length; i++) kept.push(added[i]!);
  return kept;
}

/** Whether a header is never forwarded. By length first: most names are told apart without lowering their case. */
export function isHopByHop(name: string): boolean {
  switch (name.length) {
    case 2:
      return name.toLowerCase() === 'te';
    case 6:
      return name.toLowerCase() === 'expect';
    case 7: {
      const lower = name.toLowerCase();
      return lower === 'upgrade' || lower === 'trailer';
    }
    case 10: {
      const lower = name.toLowerCase();
      return lower === 'connection' || lower === 'keep-alive';
    }
    case 16:
      return name.toLowerCase() === 'proxy-connection';
    case 17:
      return name.toLowerCase() === 'transfer-encoding';
    case 18:
      return name.toLowerCase() === 'proxy-authenticate';
    case 19:
      return name.toLowerCase() === 'proxy-authorization';
    default:
      return false;
  }
}

/** Whether a list has a header of this name. */
export function hasName(headers: readonly string[], name: string): boolean {
  for (let i = 0; i < headers.length; i += 2) {
    const candidate = headers[i]!;
    if (candidate.length !== name.length) continue;
    if (candidate === name || candidate.toLowerCase() === name.toLowerCase()) return true;
  }
  return false;
}

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

const join = (a: string[] | undefined, b: string[] | undefined): string[] | undefined =>
  a === undefined || b === undefined ? (a ?? b) : [...a, ...b];

/** Without the headers of these names, given in lower case. */
export function withoutNames(headers: readonly string[], lowerNames: readonly string[]): string[] {
  const kept: string[] = [];
  for (let i = 0; i < headers.length; i += 2)
    if (!lowerNames.includes(headers[i]!.toLowerCase())) kept.push(headers[i]!, headers[i + 1]!);
  return kept;
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

const isSafeTrailer = (name: string): boolean => !isHopByHop(name) && !FORBIDDEN_TRAILERS.has(name.toLowerCase());
