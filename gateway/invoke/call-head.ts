import { randomUUID } from 'node:crypto';
import type { Fields } from '../../common/http/fields.ts';
import type { HttpRequest } from '../../common/http/message.ts';
import { sixDigits } from '../../common/seconds-text.ts';

/** A call id of a client that is worth passing on: a token that fits into headers and logs. */
const CALL_ID = /^[\x21-\x7e]{1,128}$/;

/** What the gateway reads of a call's head. */
export interface CallHead {
  /** The client's, else a new UUID. */
  readonly callId: string;
  /** The length that the body was announced with. */
  readonly contentLength: number | undefined;
  readonly chunked: boolean;
  readonly host: string | undefined;
  readonly hasForwardedFor: boolean;
  readonly hasForwardedHost: boolean;
  readonly hasForwardedProto: boolean;
  readonly hasUserAgent: boolean;
}

/** Reads a head in one pass over the headers, which spares Node the making of an object of all of them. */
export function readCallHead(fields: Fields): CallHead {
  let callId: string | undefined;
  let contentLength: number | undefined;
  let chunked = false;
  let host: string | undefined;
  let hasForwardedFor = false;
  let hasForwardedHost = false;
  let hasForwardedProto = false;
  let hasUserAgent = false;
  for (let at = 0; at < fields.count; at++) {
    // Lengths first: by them most headers are told apart.
    switch (fields.nameLength(at)) {
      case 4:
        if (fields.isNamed(at, 'host')) host = fields.value(at);
        break;
      case 9:
        if (fields.isNamed(at, 'x-call-id')) callId ??= fields.value(at);
        break;
      case 10:
        if (fields.isNamed(at, 'user-agent')) hasUserAgent = true;
        break;
      case 14:
        if (fields.isNamed(at, 'content-length')) contentLength = Number(fields.value(at));
        break;
      case 15:
        if (fields.isNamed(at, 'x-forwarded-for')) hasForwardedFor = true;
        break;
      case 16:
        if (fields.isNamed(at, 'x-forwarded-host')) hasForwardedHost = true;
        break;
      case 17:
        if (fields.isNamed(at, 'transfer-encoding')) chunked = true;
        else if (fields.isNamed(at, 'x-forwarded-proto')) hasForwardedProto = true;
        break;
    }
  }
  return {
    callId: callId !== undefined && CALL_ID.test(callId) ? callId : randomUUID(),
    contentLength,
    chunked,
    host,
    hasForwardedFor,
    hasForwardedHost,
    hasForwardedProto,
    hasUserAgent,
  };
}

/** Headers to add for the function, flat (contract 1.4). */
export function requestHeaders(req: HttpRequest, head: CallHead, startTime: string, agent: string): string[] {
  const added = ['X-Call-Id', head.callId, 'X-Start-Time', startTime];
  if (!head.hasForwardedFor) added.push('X-Forwarded-For', remoteAddress(req));
  if (!head.hasForwardedHost && head.host !== undefined) added.push('X-Forwarded-Host', head.host);
  if (!head.hasForwardedProto) added.push('X-Forwarded-Proto', 'encrypted' in req.socket ? 'https' : 'http');
  if (!head.hasUserAgent) added.push('User-Agent', agent);
  return added;
}

const kAddress = Symbol('address');

/**
 * `ip:port`, as Go writes it: contract 1.4 has the port in X-Forwarded-For. Made once for all calls of a connection.
 */
function remoteAddress(req: HttpRequest): string {
  const socket = req.socket as HttpRequest['socket'] & { [kAddress]?: string };
  return (socket[kAddress] ??= addressOf(socket));
}

function addressOf({ remoteAddress = '', remotePort }: HttpRequest['socket']): string {
  return remoteAddress.includes(':') ? `[${remoteAddress}]:${remotePort}` : `${remoteAddress}:${remotePort}`;
}

/** In milliseconds; read once, for the getter costs more than the clock. */
const { timeOrigin } = performance;

/** A time of `performance.now()` as Unix time in nanoseconds, to the microsecond that the clock knows. */
export function unixNanoseconds(at: number): string {
  const ms = timeOrigin + at;
  const seconds = Math.floor(ms / 1000);
  // In two numbers: small integers become text far faster than large ones.
  return `${seconds}${sixDigits(Math.floor((ms - seconds * 1000) * 1000))}000`;
}

export const startTimeNow = (): string => unixNanoseconds(performance.now());
