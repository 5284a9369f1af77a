import { isHopByHopName } from './headers.ts';
import type { OutgoingRequest } from './upstream.ts';

/**
 * The head of a request, Latin-1. Framing is written here and nowhere else, so that a body is never sent unframed,
 * whatever the method.
 *
 * @throws TypeError when a method, target or header could not be written as one line
 */
export function writeRequestHead(request: OutgoingRequest): string {
  const { headers, body } = request;
  if (NOT_TOKEN.test(request.method)) throw new TypeError('a method must be a token');
  let head = `${request.method} ${checkTarget(request.target)} HTTP/1.1\r\n`;
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i]!;
    if (!isFraming(name)) head += fieldLine(name, headers[i + 1]!);
  }
  if (body === 'none') return `${head}\r\n`;
  if (body.length !== undefined) return `${head}Content-Length: ${body.length}\r\n\r\n`;
  if (request.trailer !== undefined) head += `Trailer: ${request.trailer}\r\n`;
  return `${head}Transfer-Encoding: chunked\r\n\r\n`;
}

/** @returns the target itself. @throws TypeError when it would break the request line */
export function checkTarget(target: string): string {
  if (NOT_TARGET.test(target)) throw new TypeError('a request target must be visible ASCII, and some');
  return target;
}

/** One header or trailer. @throws TypeError when it would not be one line */
export function fieldLine(name: string, value: string): string {
  if (NOT_TOKEN.test(name) || NOT_VALUE.test(value))
    throw new TypeError(`header ${JSON.stringify(name)} cannot be sent: a bad character in its name or value`);
  return `${name}: ${value}\r\n`;
}

const NOT_TARGET = /[^\x21-\x7e]|^$/;
const NOT_TOKEN = /[^!#$%&'*+\-.^_`|~0-9A-Za-z]|^$/;
const NOT_VALUE = /[^\t\x20-\x7e\x80-\xff]/;

const isFraming = (name: string): boolean => name.toLowerCase() === 'content-length' || isHopByHopName(name);
