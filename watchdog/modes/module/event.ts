import type { IncomingHttpHeaders } from 'node:http';
import { FaasError } from '../../../common/errors.ts';
import type { HttpRequest } from '../../../common/http/message.ts';

const JSON_TYPE = /^application\/(?:[^;\s]+\+)?json\s*(?:;|$)/i;

/** What a handler is told of its call. */
export class FunctionEvent {
  readonly method: string;
  /** Without the query, as it was sent. */
  readonly path: string;
  readonly rawBody: Buffer;
  readonly #req: HttpRequest;
  readonly #queryText: string;
  #query: Record<string, string | string[]> | undefined;
  #body: unknown;
  #bodyRead = false;

  constructor(req: HttpRequest, rawBody: Buffer) {
    const url = req.url!;
    const mark = url.indexOf('?');
    this.method = req.method!;
    this.path = mark === -1 ? url : url.slice(0, mark);
    this.#queryText = mark === -1 ? '' : url.slice(mark + 1);
    this.#req = req;
    this.rawBody = rawBody;
  }

  /** Names in lower case. */
  get headers(): IncomingHttpHeaders {
    return this.#req.headers;
  }

  /** Values decoded; a name that comes twice has a list. */
  get query(): Record<string, string | string[]> {
    return (this.#query ??= parseQuery(this.#queryText));
  }

  /**
   * The value of a JSON body when Content-Type says so, else the body as text.
   *
   * @throws FaasError `invalid_request`, which is a 400 unless the handler catches it
   */
  get body(): unknown {
    if (!this.#bodyRead) {
      this.#body = JSON_TYPE.test(this.headers['content-type'] ?? '') ? this.json() : this.text();
      this.#bodyRead = true;
    }
    return this.#body;
  }

  text(): string {
    return this.rawBody.toString();
  }

  /** @throws FaasError `invalid_request` */
  json(): unknown {
    try {
      return this.rawBody.length === 0 ? undefined : JSON.parse(this.text());
    } catch (cause) {
      throw new FaasError('invalid_request', `The request body is no JSON: ${(cause as Error).message}.`, { cause });
    }
  }

  toJSON(): Record<string, unknown> {
    return { method: this.method, path: this.path, query: this.query, headers: this.headers, body: this.body };
  }
}

function parseQuery(text: string): Record<string, string | string[]> {
  const query: Record<string, string | string[]> = Object.create(null);
  if (text === '') return query;
  for (const [name, value] of new URLSearchParams(text)) {
    const before = query[name];
    query[name] = before === undefined ? value : [...(Array.isArray(before) ? before : [before]), value];
  }
  return query;
}
