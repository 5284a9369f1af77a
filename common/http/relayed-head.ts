import { getHeader, hasName, isHopByHop, namedByConnection, safeTrailerNames } from './headers.ts';
import type { HttpRequest } from './message.ts';
import { checkTarget, fieldLine } from './request-head.ts';
import type { OutgoingRequest } from './upstream.ts';

export interface RelayedHeadOptions {
  readonly target: string;
  readonly hostHeader?: string;
  readonly addRequestHeaders?: readonly string[];
  /** See RelayOptions. */
  readonly addsSoundHeaders?: boolean;
}

/** How the body of `req` is framed, and so is to be framed again. */
export function bodyOf(req: HttpRequest): OutgoingRequest['body'] {
  if (getHeader(req.rawHeaders, 'transfer-encoding') !== undefined) return CHUNKED;
  const length = getHeader(req.rawHeaders, 'content-length');
  return length === undefined ? 'none' : { length: Number(length) };
}

/**
 * The head to send upstream for `req`, which has passed `checkRequest`: its end-to-end headers, Host first, those of
 * the options in place of same-named ones, and `framing`, which is lines.
 *
 * @throws TypeError when the target or an added header is not one line
 */
export function relayedHead(req: HttpRequest, options: RelayedHeadOptions, framing: string): string {
  const raw = req.rawHeaders;
  const added = options.addRequestHeaders ?? NONE;
  const isSound = options.addsSoundHeaders === true;
  const named = namedIn(raw);
  let host = options.hostHeader;
  let lines = '';
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i]!;
    if (name.length === 4 && name.toLowerCase() === 'host') {
      host ??= raw[i + 1]!;
      continue;
    }
    if (isReplaced(name) || (added.length > 0 && hasName(added, name))) continue;
    if (named?.includes(name.toLowerCase())) continue;
    lines += `${name}: ${raw[i + 1]!}\r\n`;
  }
  for (let i = 0; i < added.length; i += 2) {
    const name = added[i]!;
    if (name.length === 4 && name.toLowerCase() === 'host') host = added[i + 1];
    else lines += isSound ? `${name}: ${added[i + 1]!}\r\n` : fieldLine(name, added[i + 1]!);
  }
  // HTTP/1.0 may come without a Host; what we send is HTTP/1.1.
  const target = isSound ? options.target : checkTarget(options.target);
  return `${req.method} ${target} HTTP/1.1\r\nHost: ${host ?? 'localhost'}\r\n${lines}${framing}\r\n`;
}

/** The lines that frame a body, with the trailers that `req` declares. */
export function framingOf(req: HttpRequest, body: OutgoingRequest['body']): string {
  if (body === 'none') return '';
  if (body.length !== undefined) return `Content-Length: ${body.length}\r\n`;
  const trailer = safeTrailerNames(getHeader(req.rawHeaders, 'trailer'));
  return `${trailer === undefined ? '' : `Trailer: ${trailer}\r\n`}Transfer-Encoding: chunked\r\n`;
}

/** A stream of server-sent events, which lasts as long as both sides want. */
export function isEventStream(headers: readonly string[]): boolean {
  return /^text\/event-stream(?:$|[; \t])/i.test(getHeader(headers, 'content-type') ?? '');
}

const NONE: readonly string[] = [];
const CHUNKED = { length: undefined };

/** The headers that Connection names, however often it comes. */
function namedIn(raw: readonly string[]): string[] | undefined {
  let named: string[] | undefined;
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i]!;
    if (name.length !== 10 || name.toLowerCase() !== 'connection') continue;
    const more = namedByConnection(raw[i + 1]!);
    if (more !== undefined) named = named === undefined ? more : named.concat(more);
  }
  return named;
}

/** Headers that are of one hop, or are written anew. */
function isReplaced(name: string): boolean {
  return name.length === 14 ? name.toLowerCase() === 'content-length' : isHopByHop(name);
}
