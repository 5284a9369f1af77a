import type { Fields } from './fields.ts';
import { isHopByHop, namedByConnection, safeTrailerNames } from './headers.ts';
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

/** How the body of a request is framed, and so is to be framed again. */
export function bodyOf(fields: Fields): OutgoingRequest['body'] {
  if (fields.has('transfer-encoding')) return CHUNKED;
  const length = fields.get('content-length');
  return length === undefined ? 'none' : { length: Number(length) };
}

/**
 * The head to send upstream for `req`, which has passed `checkRequest`: its end-to-end headers, Host first, those of
 * the options in place of same-named ones, and `framing`, which is lines.
 *
 * @throws TypeError when the target or an added header is not one line
 */
export function relayedHead(req: HttpRequest, fields: Fields, options: RelayedHeadOptions, framing: string): string {
  const added = options.addRequestHeaders ?? NONE;
  const isSound = options.addsSoundHeaders === true;
  const named = namedIn(fields);
  if (named !== undefined) fields = fields.without(named);
  let host = options.hostHeader ?? fields.get('host');
  let lines = fields.lines(added, isReplaced);
  for (let i = 0; i < added.length; i += 2) {
    const name = added[i]!;
    if (name.length === 4 && name.toLowerCase() === 'host') host = added[i + 1];
    else lines += isSound ? `${name}: ${added[i + 1]!}\r\n` : fieldLine(name, added[i + 1]!);
  }
  // HTTP/1.0 may come without a Host; what we send is HTTP/1.1.
  const target = isSound ? options.target : checkTarget(options.target);
  return `${req.method} ${target} HTTP/1.1\r\nHost: ${host ?? 'localhost'}\r\n${lines}${framing}\r\n`;
}

/** The lines that frame a body, with the trailers that a request declares in `fields`. */
export function framingOf(fields: Fields, body: OutgoingRequest['body']): string {
  if (body === 'none') return '';
  if (body.length !== undefined) return `Content-Length: ${body.length}\r\n`;
  const trailer = safeTrailerNames(fields.get('trailer'));
  return `${trailer === undefined ? '' : `Trailer: ${trailer}\r\n`}Transfer-Encoding: chunked\r\n`;
}

/** Of an answer that is a stream of server-sent events, which lasts as long as both sides want. */
export function isEventStream(fields: Fields): boolean {
  return /^text\/event-stream(?:$|[; \t])/i.test(fields.get('content-type') ?? '');
}

const NONE: readonly string[] = [];
const CHUNKED = { length: undefined };

/** The headers that Connection names, however often it comes. */
function namedIn(fields: Fields): string[] | undefined {
  let named: string[] | undefined;
  for (let at = 0; at < fields.count; at++) {
    if (!fields.isNamed(at, 'connection')) continue;
    const more = namedByConnection(fields.value(at));
    if (more !== undefined) named = named === undefined ? more : named.concat(more);
  }
  return named;
}

/** Headers that are of one hop, or are written anew. */
const isReplaced = (fields: Fields, at: number): boolean =>
  fields.isNamed(at, 'host') || fields.isNamed(at, 'content-length') || isHopByHop(fields, at);
