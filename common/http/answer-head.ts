import { FieldError, VALUE } from './field-parser.ts';
import { Fields, NO_FIELDS } from './fields.ts';
import { isHopByHop, namedByConnection } from './headers.ts';

/** How an answer's end is known. `none`: it has no body, whatever its headers say (HEAD, 1xx, 204, 304). */
export type AnswerFraming = 'none' | 'length' | 'chunked' | 'close';

/** A parsed status line and headers. */
export class AnswerHead {
  status = 0;
  reason = '';
  /** End-to-end headers. Content-Length stays, but for 1xx and 204, which have none. */
  fields = NO_FIELDS;
  framing: AnswerFraming = 'none';
  /** Of the body, in bytes; 0 unless framing is `length`. */
  length = 0;
  /** The connection may serve another call. */
  keepAlive = false;
  /** From `Keep-Alive: timeout=N`: the server closes an idle connection after N seconds. */
  keepAliveSeconds: number | undefined = undefined;
  /** Trailers that the server declares. */
  trailer: string | undefined = undefined;
  /** Protocol that a 101 switches to. */
  upgrade: string | undefined = undefined;
}

/**
 * Reads an answer's head, strictly: what two parsers could read differently is refused, because it could make one
 * answer look like two (RFC 9112 sections 6 and 11).
 *
 * @param text Latin-1; from the status line to the empty line, inclusive
 * @throws FieldError
 */
export function parseAnswerHead(text: string, isHead: boolean): AnswerHead {
  const head = new AnswerHead();
  const minor = text.charCodeAt(7) - 48;
  const fields = Fields.read(text, parseStatusLine(text, head));
  head.fields = fields;

  let connection: string | undefined;
  let length: string | undefined;
  let coding: string | undefined;
  const bodiless = head.status === 204 || head.status < 200;
  const { count } = fields;
  let kept = 0;
  for (let at = 0; at < count; at++) {
    if (fields.isNamed(at, 'content-length')) {
      if (length !== undefined) throw new FieldError('repeated Content-Length');
      length = fields.value(at);
      if (!bodiless) fields.move(at, kept++);
    } else if (!isHopByHop(fields, at)) {
      fields.move(at, kept++);
    } else {
      const value = fields.value(at);
      if (fields.isNamed(at, 'transfer-encoding')) {
        if (coding !== undefined) throw new FieldError('repeated Transfer-Encoding');
        coding = value;
      } else if (fields.isNamed(at, 'keep-alive')) {
        head.keepAliveSeconds = keepAliveTimeout(value);
      } else if (fields.isNamed(at, 'connection')) {
        connection = connection === undefined ? value : `${connection},${value}`;
      } else if (fields.isNamed(at, 'upgrade')) {
        head.upgrade = value;
      } else if (fields.isNamed(at, 'trailer')) {
        head.trailer = head.trailer === undefined ? value : `${head.trailer}, ${value}`;
      }
    }
  }
  fields.truncate(kept);
  head.keepAlive = minor === 1 && !hasToken(connection, 'close');
  const named = namedByConnection(connection);
  if (named !== undefined) head.fields = fields.without(named.filter((name) => name !== 'content-length'));
  setFraming(head, isHead, minor, length, coding);
  return head;
}

/** @returns where the fields start */
function parseStatusLine(text: string, head: AnswerHead): number {
  const minor = text.charCodeAt(7);
  if (!text.startsWith('HTTP/1.') || (minor !== 48 && minor !== 49) || text.charCodeAt(8) !== 32)
    throw new FieldError('the status line must start with HTTP/1.0 or HTTP/1.1');
  let status = 0;
  for (let i = 9; i < 12; i++) {
    const digit = text.charCodeAt(i) - 48;
    if (!(digit >= 0 && digit <= 9)) throw new FieldError('the status must be three digits');
    status = status * 10 + digit;
  }
  if (status < 100) throw new FieldError('a status below 100');
  head.status = status;
  // The space before an empty reason is often left out; nobody can read that differently.
  let end = 12;
  let code = text.charCodeAt(end);
  if (code === 32) {
    code = text.charCodeAt(++end);
    while (VALUE[code] === 1) code = text.charCodeAt(++end);
    head.reason = text.slice(13, end);
  }
  if (code !== 13 || text.charCodeAt(end + 1) !== 10) throw new FieldError('bad character in the status line');
  return end + 2;
}

function setFraming(
  head: AnswerHead,
  isHead: boolean,
  minor: number,
  length: string | undefined,
  coding: string | undefined,
): void {
  if (coding !== undefined) {
    if (length !== undefined) throw new FieldError('both Content-Length and Transfer-Encoding');
    if (coding.length !== 7 || coding.toLowerCase() !== 'chunked')
      throw new FieldError('a Transfer-Encoding other than chunked');
    if (minor === 0) throw new FieldError('Transfer-Encoding in HTTP/1.0');
  }
  const bytes = length === undefined ? 0 : parseLength(length);
  if (isHead || head.status < 200 || head.status === 204 || head.status === 304) {
    head.framing = 'none';
  } else if (coding !== undefined) {
    head.framing = 'chunked';
  } else if (length !== undefined) {
    head.framing = 'length';
    head.length = bytes;
  } else {
    head.framing = 'close';
    head.keepAlive = false;
  }
}

/** Digits only, up to 2^53 - 1: a sign, a list or a larger number is read differently by different parsers. */
function parseLength(value: string): number {
  let bytes = 0;
  for (let i = 0; i < value.length; i++) {
    const digit = value.charCodeAt(i) - 48;
    if (!(digit >= 0 && digit <= 9)) throw new FieldError('a Content-Length that is no number');
    bytes = bytes * 10 + digit;
  }
  if (value.length === 0 || value.length > 16 || bytes > Number.MAX_SAFE_INTEGER)
    throw new FieldError('a Content-Length that is empty or too large');
  return bytes;
}

function keepAliveTimeout(value: string): number | undefined {
  const digits = /(?:^|[,; ])timeout=(\d{1,9})/i.exec(value)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

function hasToken(list: string | undefined, token: string): boolean {
  if (list === undefined || list === 'keep-alive') return false;
  return list
    .toLowerCase()
    .split(',')
    .some((candidate) => candidate.trim() === token);
}
