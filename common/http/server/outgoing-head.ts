import type { OutgoingHttpHeader, OutgoingHttpHeaders } from 'node:http';
import type { AnswerFraming } from '../answer-head.ts';
import { REASONS } from '../status-codes.ts';
import { AnswerHeaders, fieldLines } from './answer-headers.ts';
import { dateLine } from './date-line.ts';
import type { IncomingRequest } from './incoming-request.ts';

type Headers = OutgoingHttpHeaders | OutgoingHttpHeader[];

/** The head of an answer, and by it how the body is framed. It is made by writeHead and leaves when it is taken. */
export abstract class OutgoingHead extends AnswerHeaders {
  readonly req: IncomingRequest;
  statusCode = 200;
  statusMessage = '';
  shouldKeepAlive = true;
  sendDate = true;
  /** The lines given to writeHead, until they leave. */
  #lines = '';
  #hasDate = false;
  #hasTrailers = false;
  /** The head has left. */
  protected begun = false;
  protected chunked = false;
  protected bodiless = false;
  /** By a Content-Length that somebody else counts. */
  protected isFramed = false;
  /** Bytes still to come; undefined without a Content-Length. */
  protected left: number | undefined = undefined;
  /** Lines, to go behind the last chunk. */
  protected trailers = '';

  constructor(req: IncomingRequest) {
    super();
    this.req = req;
  }

  /** Whether the connection may serve another request after the one at hand. */
  protected abstract get mayStay(): boolean;
  /** What to say of a connection that stays; perhaps nothing. */
  protected abstract get stayLines(): string;

  writeHead(status: number, reasonOrHeaders?: string | Headers, headersOrNone?: Headers): this {
    if (this.headersSent)
      throw Object.assign(new Error('the head has been written already'), { code: 'ERR_HTTP_HEADERS_SENT' });
    if (!Number.isInteger(status) || status < 100 || status > 999) throw new RangeError(`no status: ${status}`);
    const reason = typeof reasonOrHeaders === 'string' ? reasonOrHeaders : this.statusMessage || REASONS[status];
    const headers = typeof reasonOrHeaders === 'object' ? reasonOrHeaders : headersOrNone;
    if (reason !== undefined && NOT_VALUE.test(reason)) throw new TypeError('bad character in the reason');
    const withoutLength = status < 200 || status === 204;
    try {
      if (this.setOnes !== undefined) {
        for (const [name, value] of this.#merged(headers)) this.#addHeader(name, value, withoutLength);
      } else if (Array.isArray(headers)) {
        for (let i = 0; i < headers.length; i += 2)
          this.#addHeader(headers[i] as string, headers[i + 1]!, withoutLength);
      } else if (headers !== undefined) {
        for (const name in headers)
          if (headers[name] !== undefined) this.#addHeader(name, headers[name], withoutLength);
      }
    } catch (error) {
      this.#forgetHeaders();
      throw error;
    }
    this.statusCode = status;
    this.statusMessage = reason ?? '';
    this.bodiless = withoutLength || status === 304 || this.req.method === 'HEAD';
    this.headersSent = true;
    return this;
  }

  /** Without a look at each line, which would cost more than all the rest of the answer. */
  writeCheckedHead(
    status: number,
    reason: string,
    lines: string,
    framing: AnswerFraming,
    hasDate: boolean,
    trailer?: string,
  ): void {
    this.statusCode = status;
    this.statusMessage = reason;
    this.bodiless = framing === 'none';
    this.isFramed = framing === 'length';
    this.#hasDate = hasDate;
    this.#hasTrailers = trailer !== undefined;
    this.#lines = trailer === undefined ? lines : `${lines}Trailer: ${trailer}\r\n`;
    this.headersSent = true;
  }

  /** The head of an answer of which all is known. */
  protected headForWhole(bytes: number): string {
    if (!this.headersSent) this.writeHead(this.statusCode);
    const needsChunks = this.#hasTrailers || this.trailers !== '';
    return this.takeHead(needsChunks ? undefined : bytes);
  }

  /** @param wholeBytes of the body, when it follows at once */
  protected takeHead(wholeBytes: number | undefined): string {
    this.begun = true;
    const { req } = this;
    const isOld = req.httpVersionMinor === 0;
    let lines = this.#lines;
    if (this.sendDate && !this.#hasDate) lines += dateLine();
    if (!this.bodiless && !this.isFramed && this.left === undefined) {
      if (wholeBytes !== undefined) {
        this.left = wholeBytes;
        lines += `Content-Length: ${wholeBytes}\r\n`;
      } else if (isOld) {
        this.shouldKeepAlive = false;
      } else {
        this.chunked = true;
        lines += 'Transfer-Encoding: chunked\r\n';
      }
    }
    // A client that waits for 100 may or may not send its body now.
    if (!this.mayStay || req.awaitsContinue) this.shouldKeepAlive = false;
    if (!this.shouldKeepAlive) lines += 'Connection: close\r\n';
    else if (this.stayLines !== '') lines += this.stayLines;
    else if (isOld) lines += 'Connection: keep-alive\r\n';
    this.#lines = '';
    return `HTTP/1.1 ${this.statusCode} ${this.statusMessage}\r\n${lines}\r\n`;
  }

  /** What was set one by one, with those of writeHead in place of same-named ones. */
  #merged(headers: Headers | undefined): [string, OutgoingHttpHeader][] {
    const merged = new Map<string, [string, OutgoingHttpHeader][]>();
    for (const [lower, [name, value]] of this.setOnes!) merged.set(lower, [[name, value]]);
    const given: [string, OutgoingHttpHeader][] = [];
    if (Array.isArray(headers))
      for (let i = 0; i < headers.length; i += 2) given.push([headers[i] as string, headers[i + 1]!]);
    else for (const [name, value] of Object.entries(headers ?? {})) if (value !== undefined) given.push([name, value]);
    for (const [name] of given) merged.delete(name.toLowerCase());
    return [...merged.values()].flat().concat(given);
  }

  /** Of a head that cannot be written: another may follow, such as that of a 500. */
  #forgetHeaders(): void {
    this.#lines = '';
    this.#hasDate = false;
    this.#hasTrailers = false;
    this.left = undefined;
  }

  #addHeader(name: string, value: OutgoingHttpHeader, withoutLength: boolean): void {
    switch (name.length) {
      case 4:
        if (name.toLowerCase() === 'date') this.#hasDate = true;
        break;
      case 7:
        if (name.toLowerCase() === 'trailer') {
          this.#hasTrailers = true;
          // Without chunks there is no place for them.
          if (this.req.httpVersionMinor === 0) return;
        }
        break;
      case 10: {
        const lower = name.toLowerCase();
        if (lower === 'connection' && /(?:^|[,\s])close(?:$|[,\s])/i.test(String(value))) this.shouldKeepAlive = false;
        if (lower === 'connection' || lower === 'keep-alive') return;
        break;
      }
      case 14:
        if (name.toLowerCase() === 'content-length') {
          if (withoutLength) return;
          const length = Number(value);
          if (!Number.isSafeInteger(length) || length < 0) throw new TypeError(`no Content-Length: ${String(value)}`);
          if (this.left !== undefined) throw new TypeError('two Content-Length headers');
          this.left = length;
        }
        break;
      case 17:
        if (name.toLowerCase() === 'transfer-encoding') return;
        break;
    }
    this.#lines += fieldLines(name, value);
  }
}

const NOT_VALUE = /[^\t\x20-\x7e\x80-\xff]/;
