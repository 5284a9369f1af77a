import type { OutgoingHttpHeader } from 'node:http';
import type { HttpRequest, HttpResponse } from '../../../common/http/message.ts';
import { mediaType } from '../static/media-type.ts';
import { FunctionEvent } from './event.ts';

/** node:http's request with what handlers written for Express read most. */
export type ExpressRequest = HttpRequest & {
  path: string;
  query: Record<string, string | string[]>;
  /** Parsed when Content-Type is JSON, else text. */
  body: unknown;
  rawBody: Buffer;
  get(name: string): string | string[] | undefined;
};

/** node:http's response with what handlers written for Express call most. */
export type ExpressResponse = HttpResponse & {
  status(code: number): ExpressResponse;
  set(name: string | Readonly<Record<string, OutgoingHttpHeader>>, value?: OutgoingHttpHeader): ExpressResponse;
  /** A media type, or the end of a file's name. */
  type(name: string): ExpressResponse;
  json(value: unknown): ExpressResponse;
  send(body?: unknown): ExpressResponse;
  redirect(status: number | string, location?: string): void;
};

/** Adds Express' conveniences to a request whose body has been read. @throws FaasError `invalid_request` for bad JSON */
export function asExpress(
  req: HttpRequest,
  res: HttpResponse,
  rawBody: Buffer,
): { req: ExpressRequest; res: ExpressResponse } {
  const { path, query, body } = new FunctionEvent(req, rawBody);
  const get = (name: string): string | string[] | undefined => req.headers[name.toLowerCase()];
  return { req: Object.assign(req, { path, query, body, rawBody, get }), res: Object.assign(res, RESPONSE_METHODS) };
}

const RESPONSE_METHODS: Pick<ExpressResponse, 'status' | 'set' | 'type' | 'json' | 'send' | 'redirect'> &
  ThisType<ExpressResponse> = {
  status(code) {
    this.statusCode = code;
    return this;
  },
  set(name, value) {
    const headers = typeof name === 'string' ? { [name]: value! } : name;
    for (const [key, entry] of Object.entries(headers)) this.setHeader(key, entry as string);
    return this;
  },
  type(name) {
    return this.set('Content-Type', name.includes('/') ? name : (mediaType(`.${name}`) ?? 'application/octet-stream'));
  },
  json(value) {
    if (!this.hasHeader('Content-Type')) this.type('application/json; charset=utf-8');
    this.end(JSON.stringify(value));
    return this;
  },
  send(body) {
    if (body === undefined) this.end();
    else if (typeof body === 'string') {
      if (!this.hasHeader('Content-Type')) this.type('text/html; charset=utf-8');
      this.end(body);
    } else if (body instanceof Uint8Array) {
      if (!this.hasHeader('Content-Type')) this.type('application/octet-stream');
      this.end(body);
    } else return this.json(body);
    return this;
  },
  redirect(status, location) {
    const [code, target] = typeof status === 'number' ? [status, location!] : [302, status];
    this.writeHead(code, { Location: target }).end();
  },
};
