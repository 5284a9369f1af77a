import type { Socket } from 'node:net';
import type { HttpRequest } from './message.ts';

const kClosing = Symbol('closing');
type CheckedSocket = Socket & { [kClosing]?: boolean };

/**
 * Why `req` must be answered with 400, on top of what node:http checks; undefined when it is sound. Node and Bun let
 * some of these through, and what two servers read differently can smuggle a request (RFC 9112 sections 3.2, 6.1, 6.3
 * and 11.2).
 *
 * After one refusal nothing more is sound on that connection: what looks like the next request may be another's body.
 * Nor is it after a request to upgrade that is served as any other: Node throws away what came in one packet with it,
 * and would read on in the middle of the next request. `sendProblem` and `relay` close such a connection.
 */
export function checkRequest(req: HttpRequest): string | undefined {
  const socket = req.socket as CheckedSocket;
  if (socket[kClosing]) return 'nothing more is served on this connection after an earlier request';
  const reason = findFault(req);
  if (reason !== undefined || req.headers.upgrade !== undefined) socket[kClosing] = true;
  return reason;
}

/** From now on nothing is sound on the connection of `req`. */
export function endConnectionAfter(req: HttpRequest): void {
  (req.socket as CheckedSocket)[kClosing] = true;
}

/** Whether the answer to `req` must be the last on its connection; after `checkRequest`. */
export const isLast = (req: HttpRequest): boolean => (req.socket as CheckedSocket)[kClosing] === true;

function findFault(req: HttpRequest): string | undefined {
  const isOld = req.httpVersionMinor === 0;
  if (req.httpVersionMajor !== 1 || (!isOld && req.httpVersionMinor !== 1))
    return 'only HTTP/1.0 and HTTP/1.1 are spoken here';
  if (NOT_TARGET.test(req.url!)) return 'the request target holds a fragment, a control character or one outside ASCII';
  return faultOf(req.httpVersionMinor, req.rawHeaders);
}

/** Why headers (flat) make no sound request of HTTP/1.`minor`; undefined when they do. */
export function faultOf(minor: number, raw: readonly string[]): string | undefined {
  const isOld = minor === 0;
  let hosts = 0;
  let lengths = 0;
  let codings = 0;
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i]!;
    if (NOT_VALUE.test(raw[i + 1]!)) return `a control character in header ${name}`;
    switch (name.length) {
      case 4:
        if (name.toLowerCase() === 'host') hosts++;
        break;
      case 14:
        if (name.toLowerCase() === 'content-length') {
          lengths++;
          if (!isLength(raw[i + 1]!)) return 'Content-Length must be one number, below 2^53';
        }
        break;
      case 17:
        if (name.toLowerCase() === 'transfer-encoding') {
          codings++;
          if (raw[i + 1]!.toLowerCase() !== 'chunked') return 'the only Transfer-Encoding understood is "chunked"';
        }
        break;
    }
  }
  if (hosts > 1) return 'more than one Host header';
  if (hosts === 0 && !isOld) return 'no Host header';
  if (lengths > 1) return 'more than one Content-Length header';
  if (codings > 1) return 'more than one Transfer-Encoding header';
  if (codings > 0 && lengths > 0) return 'both Content-Length and Transfer-Encoding';
  if (codings > 0 && isOld) return 'Transfer-Encoding in HTTP/1.0';
  return undefined;
}

const NOT_TARGET = /[^\x21\x22\x24-\x7e]/;
const NOT_VALUE = /[^\t\x20-\x7e\x80-\xff]/;
const DIGITS = /^[0-9]{1,16}$/;

/** A larger number would be another one once it has been read as a double. */
export const isLength = (value: string): boolean => DIGITS.test(value) && Number(value) <= Number.MAX_SAFE_INTEGER;

/** The origin-form of a request target: `http://host/a?b` becomes `/a?b`; others are returned as they are. */
export function originTarget(target: string): string {
  if (target.charCodeAt(0) === 47) return target;
  const authority = /^[a-z][a-z0-9+.-]*:\/\/[^/?]*/i.exec(target)?.[0];
  if (authority === undefined) return target;
  const rest = target.slice(authority.length);
  return rest.startsWith('/') ? rest : `/${rest}`;
}
