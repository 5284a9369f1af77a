import type { IncomingMessage } from 'node:http';
import { getHeader, hasName, isHopByHop, namedByConnection, safeTrailerNames, withoutNames } from './headers.ts';
import type { RelayOptions } from './relay.ts';
import type { OutgoingRequest } from './upstream.ts';

/** Whether there are body bytes to read, or at least an end to wait for. */
export function hasBody(req: IncomingMessage): boolean {
  const { headers } = req;
  if (headers['transfer-encoding'] !== undefined) return true;
  const length = headers['content-length'];
  return length !== undefined && Number(length) > 0;
}

/** What to send upstream for `req`, framed as it was. */
export function outgoingRequest(req: IncomingMessage, options: RelayOptions): OutgoingRequest {
  const headers = outgoingHeaders(req, options);
  const length = req.headers['content-length'];
  if (req.headers['transfer-encoding'] !== undefined) {
    const trailer = safeTrailerNames(getHeader(req.rawHeaders, 'trailer'));
    return { method: req.method!, target: options.target, headers, body: { length: undefined }, trailer };
  }
  const body = length === undefined ? 'none' : { length: Number(length) };
  return { method: req.method!, target: options.target, headers, body, trailer: undefined };
}

/** The end-to-end headers of `req`, Host first, with those of the options in place of same-named ones. */
export function outgoingHeaders(
  req: IncomingMessage,
  options: { readonly hostHeader?: string; readonly addRequestHeaders?: readonly string[] },
): string[] {
  const raw = req.rawHeaders;
  const added = options.addRequestHeaders ?? NONE;
  let host = options.hostHeader;
  let named: string[] | undefined;
  let headers: string[] = ['Host', ''];
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i]!;
    if (name.length === 4 && name.toLowerCase() === 'host') {
      host ??= raw[i + 1]!;
    } else if (isHopByHop(name)) {
      if (name.length === 10) named = namedByConnection(name, raw[i + 1]!, named);
    } else if (added.length === 0 || !hasName(added, name)) {
      headers.push(name, raw[i + 1]!);
    }
  }
  if (named !== undefined) headers = withoutNames(headers, named);
  for (let i = 0; i < added.length; i += 2) {
    const name = added[i]!;
    if (name.length === 4 && name.toLowerCase() === 'host') host = added[i + 1]!;
    else headers.push(name, added[i + 1]!);
  }
  // HTTP/1.0 may come without one; what we send is HTTP/1.1.
  headers[1] = host ?? 'localhost';
  return headers;
}

/** A stream of server-sent events, which lasts as long as both sides want. */
export function isEventStream(headers: readonly string[]): boolean {
  return /^text\/event-stream(?:$|[; \t])/i.test(getHeader(headers, 'content-type') ?? '');
}

const NONE: readonly string[] = [];
