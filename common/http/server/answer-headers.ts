import { EventEmitter } from 'node:events';
import type { OutgoingHttpHeader, OutgoingHttpHeaders } from 'node:http';

type Value = OutgoingHttpHeader;

/** The headers of an answer that are set one by one, as node:http's OutgoingMessage has it. */
export class AnswerHeaders extends EventEmitter {
  /** By lower-case name; made when first used, because most answers have theirs by writeHead. */
  protected setOnes: Map<string, readonly [name: string, value: Value]> | undefined = undefined;
  headersSent = false;

  setHeader(name: string, value: Value | readonly string[]): this {
    this.#checkUnsent(name);
    fieldLines(name, value);
    this.setOnes ??= new Map();
    this.setOnes.set(name.toLowerCase(), [name, value as Value]);
    return this;
  }

  setHeaders(headers: Iterable<readonly [string, Value]>): this {
    for (const [name, value] of headers) this.setHeader(name, value);
    return this;
  }

  appendHeader(name: string, value: string | readonly string[]): this {
    const before = this.getHeader(name);
    return this.setHeader(name, before === undefined ? value : [before, value].flat().map(String));
  }

  getHeader(name: string): Value | undefined {
    return this.setOnes?.get(name.toLowerCase())?.[1];
  }

  hasHeader(name: string): boolean {
    return this.setOnes?.has(name.toLowerCase()) === true;
  }

  removeHeader(name: string): void {
    this.#checkUnsent(name);
    this.setOnes?.delete(name.toLowerCase());
  }

  getHeaderNames(): string[] {
    return [...(this.setOnes?.keys() ?? [])];
  }

  getRawHeaderNames(): string[] {
    return [...(this.setOnes?.values() ?? [])].map(([name]) => name);
  }

  getHeaders(): OutgoingHttpHeaders {
    return Object.fromEntries([...(this.setOnes ?? [])].map(([lower, [, value]]) => [lower, value]));
  }

  #checkUnsent(name: string): void {
    if (this.headersSent)
      throw Object.assign(new Error(`header ${name} comes too late: the head has been written`), {
        code: 'ERR_HTTP_HEADERS_SENT',
      });
  }
}

/** The lines of one header. @throws TypeError when it would not be lines of its own */
export function fieldLines(name: string, value: Value | readonly string[]): string {
  if (typeof value === 'string') return fieldLine(name, value);
  if (!Array.isArray(value)) return fieldLine(name, String(value));
  let lines = '';
  for (const each of value) lines += fieldLine(name, String(each));
  return lines;
}

function fieldLine(name: string, value: string): string {
  if (NOT_TOKEN.test(name) || NOT_VALUE.test(value))
    throw Object.assign(new TypeError(`header ${JSON.stringify(name)} has a character that no header may have`), {
      code: 'ERR_INVALID_CHAR',
    });
  return `${name}: ${value}\r\n`;
}

const NOT_TOKEN = /[^!#$%&'*+\-.^_`|~0-9A-Za-z]|^$/;
const NOT_VALUE = /[^\t\x20-\x7e\x80-\xff]/;
