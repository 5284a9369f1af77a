import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { FaasError } from '../../common/errors.ts';
import { toProblem } from '../../common/http/problem.ts';
import type { StatusJson } from '../../provider/wire/status.ts';

export interface Recorded {
  readonly method: string;
  /** With its query. */
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

type Handler = (request: Recorded, response: ServerResponse) => void;

/**
 * A real HTTP server that speaks as the contract's section 1 says, keeps what it was told, and records every request.
 * `answers` overrides what it says to `METHOD /path`.
 */
export class RecordingGateway implements AsyncDisposable {
  readonly requests: Recorded[] = [];
  readonly functions = new Map<string, Record<string, unknown>>();
  readonly secrets = new Map<string, string>();
  readonly bundles = new Map<string, Buffer>();
  readonly images = new Map<string, string>();
  readonly answers = new Map<string, Handler>();
  password = 'right';
  readonly #server: Server;

  constructor(server: Server) {
    this.#server = server;
    server.on('request', (request, response) => void this.#serve(request, response));
  }

  static async create(): Promise<RecordingGateway> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new RecordingGateway(server);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** `METHOD url` of each request. */
  get lines(): readonly string[] {
    return this.requests.map(({ method, url }) => `${method} ${url}`);
  }

  json(line: string): Record<string, unknown> {
    const request = this.requests.find(({ method, url }) => `${method} ${url}` === line);
    if (!request) throw new Error(`there was no ${line}, but: ${this.lines.join(', ')}`);
    return JSON.parse(request.body.toString());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const recorded = {
      method: request.method!,
      url: request.url!,
      headers: request.headers,
      body: Buffer.concat(chunks),
    };
    this.requests.push(recorded);
    const path = recorded.url.split('?')[0]!;
    const answer = this.answers.get(`${recorded.method} ${path}`);
    if (answer) return answer(recorded, response);
    try {
      if (path.startsWith('/system/')) this.#authorize(recorded);
      this.#answer(recorded, path, response);
    } catch (error) {
      problem(response, error);
    }
  }

  #authorize({ headers }: Recorded): void {
    const expected = `Basic ${Buffer.from(`admin:${this.password}`).toString('base64')}`;
    if (headers.authorization !== expected) throw new FaasError('unauthorized', 'invalid credentials');
  }

  #answer({ method, url, headers, body }: Recorded, path: string, response: ServerResponse): void {
    const query = new URL(url, 'http://gateway').searchParams;
    const json = (value: unknown, status = 200) => response.writeHead(status).end(JSON.stringify(value));
    const accepted = (status = 202) => response.writeHead(status).end();
    if (path === '/healthz') return void response.end('OK');
    if (path === '/system/info')
      return void json({
        provider: { provider: 'recording', orchestration: 'embedded', version: { release: '1.2.3', sha: 'abc' } },
        version: { release: '4.5.6', sha: 'def' },
        arch: 'x86_64',
      });
    if (path.startsWith('/function/')) {
      const name = path.split('/')[2]!.split('.')[0]!;
      if (!this.functions.has(name)) throw new FaasError('function_not_found', `there is no function ${name}`);
      return void response.writeHead(200, { 'x-call-id': 'call-1' }).end(body);
    }
    if (path.startsWith('/system/bundles/')) return void this.#bundle(path, query, headers, body, response);
    if (path === '/system/functions') return void this.#functionsRoute(method, query, body, json, accepted);
    if (path.startsWith('/system/function/')) {
      const fn = this.functions.get(path.split('/')[3]!);
      if (!fn) throw new FaasError('function_not_found', 'there is no such function');
      return void json(statusOf(fn));
    }
    if (path === '/system/secrets') return void this.#secretsRoute(method, body, json, accepted);
    if (path === '/system/namespaces') return void json(['openfaas-fn', 'staging']);
    throw new FaasError('not_found', `nothing at ${path}`);
  }

  #bundle(
    path: string,
    query: URLSearchParams,
    headers: IncomingMessage['headers'],
    body: Buffer,
    response: ServerResponse,
  ): void {
    const digest = path.slice('/system/bundles/'.length);
    if (headers['content-length'] === '0') {
      if (!this.bundles.has(digest)) throw new FaasError('bundle_not_found', 'no such bundle');
      this.images.set(query.get('image')!, digest);
      return void response.end();
    }
    const actual = `sha256:${createHash('sha256').update(body).digest('hex')}`;
    if (digest !== actual) throw new FaasError('invalid_request', 'the digest is wrong');
    this.bundles.set(digest, body);
    this.images.set(query.get('image')!, digest);
    response.writeHead(201).end();
  }

  #functionsRoute(
    method: string,
    query: URLSearchParams,
    body: Buffer,
    json: (value: unknown) => unknown,
    accepted: () => unknown,
  ): void {
    if (method === 'GET') {
      const namespace = query.get('namespace');
      const all = [...this.functions.values()].map(statusOf);
      return void json(namespace ? all.filter((fn) => fn.namespace === namespace) : all);
    }
    const given = JSON.parse(body.toString()) as Record<string, unknown>;
    const name = (given.service ?? given.functionName) as string;
    if (method !== 'POST' && !this.functions.has(name))
      throw new FaasError('function_not_found', `there is no function ${name}`);
    if (method === 'DELETE') this.functions.delete(name);
    else this.functions.set(name, given);
    accepted();
  }

  #secretsRoute(method: string, body: Buffer, json: (value: unknown) => unknown, accepted: () => unknown): void {
    if (method === 'GET')
      return void json([...this.secrets.keys()].map((name) => ({ name, namespace: 'openfaas-fn' })));
    const { name, value, rawValue } = JSON.parse(body.toString()) as Record<string, string>;
    const known = this.secrets.has(name!);
    if (method === 'POST' && known) throw new FaasError('secret_exists', `secret ${name} is there`);
    if (method !== 'POST' && !known) throw new FaasError('secret_not_found', `there is no secret ${name}`);
    if (method === 'DELETE') this.secrets.delete(name!);
    else this.secrets.set(name!, rawValue ? Buffer.from(rawValue, 'base64').toString() : value!);
    accepted();
  }
}

export function problem(response: ServerResponse, error: unknown): void {
  const body = toProblem(error);
  response.writeHead(body.status, { 'content-type': 'application/problem+json' }).end(JSON.stringify(body));
}

const statusOf = ({ service, ...fn }: Record<string, unknown>): StatusJson =>
  ({
    namespace: 'openfaas-fn',
    ...fn,
    name: service,
    labels: fn.labels ?? {},
    annotations: fn.annotations ?? {},
    replicas: 1,
    availableReplicas: 1,
    createdAt: '2026-01-02T03:04:05Z',
  }) as StatusJson;
