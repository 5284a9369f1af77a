import { createReadStream } from 'node:fs';
import type { Response } from 'node-fetch';
import { type ClientOptions, ConnectError, GatewayHttp, ResponseError } from './client-http.ts';
import {
  type Accepted,
  type Deployment,
  deploymentBody,
  type Invocation,
  type LogRequest,
  query,
  type SecretUpload,
  secretBody,
  type Target,
  type TokenJson,
  type TokenRequest,
} from './client-requests.ts';
import type { BundleRef, LogMessage, NamespaceInfo } from './provider.ts';
import { BUNDLE_TYPE } from './wire/bundle.ts';
import { type InfoJson, parseInfo } from './wire/info.ts';
import { parseLogMessage } from './wire/logs.ts';
import { parseStatus, type StatusJson } from './wire/status.ts';

/** Statuses of a change that worked (contract 5.3). */
const DONE = [200, 201, 202];

/**
 * A gateway of ours or of OpenFaaS, as faas-cli speaks to it (contract 5.3). Methods throw `ResponseError` for an
 * answer that is a failure, `ConnectError` when there is none, and the signal's reason when it aborts.
 */
export class GatewayClient {
  readonly url: string;
  readonly #http: GatewayHttp;

  constructor(options: ClientOptions) {
    this.url = options.url;
    this.#http = new GatewayHttp(options);
  }

  async info(signal: AbortSignal): Promise<InfoJson> {
    return parseInfo(await this.#get('/system/info', signal));
  }

  /** What /healthz answers, and the gateway's clock. */
  async health(signal: AbortSignal): Promise<{ readonly status: number; readonly date: Date | undefined }> {
    const response = await this.#http.send({ method: 'GET', path: '/healthz', signal });
    await drain(response);
    const date = response.headers.get('date');
    return { status: response.status, date: date ? new Date(date) : undefined };
  }

  /** Whether the gateway says it is well; false also when there is none. */
  async healthy(signal: AbortSignal): Promise<boolean> {
    try {
      return (await this.health(signal)).status === 200;
    } catch (error) {
      if (signal.aborted) throw error;
      return false;
    }
  }

  async list(namespace: string | undefined, signal: AbortSignal): Promise<readonly StatusJson[]> {
    const path = `/system/functions${query({ namespace })}`;
    const json = await this.#get(path, signal);
    for (const status of json as unknown[]) parseStatus(status);
    return json as StatusJson[];
  }

  async describe(ref: Target, options: { usage: boolean }, signal: AbortSignal): Promise<StatusJson> {
    const path = `/system/function/${encodeURIComponent(ref.name)}${query({ namespace: ref.namespace, usage: options.usage ? '1' : undefined })}`;
    const json = await this.#get(path, signal);
    parseStatus(json);
    return json as StatusJson;
  }

  /** Replaces a function; 404 when there is none of that name. */
  update(deployment: Deployment, signal: AbortSignal): Promise<Accepted> {
    return this.#change('PUT', '/system/functions', deploymentBody(deployment), signal);
  }

  create(deployment: Deployment, signal: AbortSignal): Promise<Accepted> {
    return this.#change('POST', '/system/functions', deploymentBody(deployment), signal);
  }

  remove(ref: Target, signal: AbortSignal): Promise<Accepted> {
    const body = { functionName: ref.name, ...(ref.namespace && { namespace: ref.namespace }) };
    return this.#change('DELETE', '/system/functions', body, signal);
  }

  /** The answer, whatever its status; its body streams. */
  invoke(call: Invocation, signal: AbortSignal): Promise<Response> {
    const route = call.asynchronous ? 'async-function' : 'function';
    return this.#http.send({
      method: call.method,
      path: `/${route}/${call.name}.${call.namespace}${call.suffix}`,
      headers: call.headers,
      body: call.body,
      anonymous: !call.authorize,
      untimed: true,
      signal,
    });
  }

  async *logs(request: LogRequest, signal: AbortSignal): AsyncGenerator<LogMessage> {
    const path = `/system/logs${query({
      name: request.name,
      namespace: request.namespace,
      instance: request.instance,
      follow: String(request.follow),
      tail: String(request.tail),
      since: request.since?.toISOString(),
    })}`;
    const response = await this.#http.send({ method: 'GET', path, expect: [200], untimed: true, signal });
    try {
      for await (const line of lines(response.body!)) if (line !== '') yield parseLogMessage(line);
    } catch (cause) {
      signal.throwIfAborted();
      throw new ConnectError(`the gateway ${this.url} ended the logs in the middle; start again`, { cause });
    }
  }

  /** Names in the gateway's order. */
  async secrets(namespace: string | undefined, signal: AbortSignal): Promise<readonly Target[]> {
    const path = `/system/secrets${query({ namespace })}`;
    const json = await this.#get(path, signal);
    return (json as readonly Target[] | null) ?? [];
  }

  createSecret(secret: SecretUpload, signal: AbortSignal): Promise<Accepted> {
    return this.#change('POST', '/system/secrets', secretBody(secret), signal);
  }

  updateSecret(secret: SecretUpload, signal: AbortSignal): Promise<Accepted> {
    return this.#change('PUT', '/system/secrets', secretBody(secret), signal);
  }

  removeSecret(ref: Target, signal: AbortSignal): Promise<Accepted> {
    const body = { name: ref.name, ...(ref.namespace && { namespace: ref.namespace }) };
    return this.#change('DELETE', '/system/secrets', body, signal);
  }

  async namespaces(signal: AbortSignal): Promise<readonly string[]> {
    const json = await this.#get('/system/namespaces', signal);
    return (json as readonly string[] | null) ?? [];
  }

  async namespace(name: string, signal: AbortSignal): Promise<NamespaceInfo> {
    const path = `/system/namespace/${encodeURIComponent(name)}`;
    return (await this.#get(path, signal)) as NamespaceInfo;
  }

  createNamespace(namespace: NamespaceInfo, signal: AbortSignal): Promise<Accepted> {
    return this.#change('POST', '/system/namespace/', namespace, signal);
  }

  updateNamespace(namespace: NamespaceInfo, signal: AbortSignal): Promise<Accepted> {
    return this.#change('PUT', `/system/namespace/${encodeURIComponent(namespace.name)}`, namespace, signal);
  }

  removeNamespace(name: string, signal: AbortSignal): Promise<Accepted> {
    return this.#change('DELETE', `/system/namespace/${encodeURIComponent(name)}`, { name }, signal);
  }

  async tokens(signal: AbortSignal): Promise<readonly TokenJson[]> {
    const json = await this.#get('/system/tokens', signal);
    return json as readonly TokenJson[];
  }

  /** With the token itself, which is shown this once. */
  async createToken(request: TokenRequest, signal: AbortSignal): Promise<TokenJson & { readonly token: string }> {
    const json = await this.#http.json({
      method: 'POST',
      path: '/system/tokens',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(request),
      expect: [201],
      signal,
    });
    return json as TokenJson & { token: string };
  }

  async revokeToken(name: string, signal: AbortSignal): Promise<void> {
    await drain(
      await this.#http.send({
        method: 'DELETE',
        path: `/system/tokens/${encodeURIComponent(name)}`,
        headers: { accept: 'application/json' },
        expect: DONE,
        signal,
      }),
    );
  }

  /** Names a bundle that the gateway has already; false when it has not. */
  async tagBundle(ref: BundleRef, signal: AbortSignal): Promise<boolean> {
    const response = await this.#http.send({
      method: 'PUT',
      path: bundlePath(ref),
      headers: { accept: 'application/json', 'content-length': '0' },
      signal,
    });
    const text = await response.text();
    if (DONE.includes(response.status)) return true;
    const error = new ResponseError(response.status, response.statusText, text);
    if (error.problem?.code === 'bundle_not_found') return false;
    throw error;
  }

  /** @param onProgress told of the bytes sent so far */
  async putBundle(
    ref: BundleRef,
    file: { readonly path: string; readonly bytes: number },
    onProgress: (sentBytes: number) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const body = createReadStream(file.path, { highWaterMark: 256 * 1024 });
    let sent = 0;
    body.on('data', (chunk) => onProgress((sent += chunk.length)));
    body.pause();
    try {
      await drain(
        await this.#http.send({
          method: 'PUT',
          path: bundlePath(ref),
          headers: {
            accept: 'application/json',
            'content-type': BUNDLE_TYPE,
            'content-length': String(file.bytes),
          },
          body,
          expect: DONE,
          untimed: true,
          signal,
        }),
      );
    } finally {
      body.destroy();
    }
  }

  close(): void {
    this.#http.close();
  }

  #get(path: string, signal: AbortSignal): Promise<unknown> {
    return this.#http.json({ method: 'GET', path, expect: [200], signal });
  }

  async #change(method: string, path: string, body: object, signal: AbortSignal): Promise<Accepted> {
    const response = await this.#http.send({
      method,
      path,
      headers: { accept: 'application/json', 'content-type': 'application/json' },
      body: JSON.stringify(body),
      expect: DONE,
      signal,
    });
    await drain(response);
    return { status: response.status, statusText: response.statusText };
  }
}

const bundlePath = (ref: BundleRef): string => `/system/bundles/${ref.digest}?image=${encodeURIComponent(ref.image)}`;

/** A body must be read for its connection to be used again. */
async function drain(response: Response): Promise<void> {
  await response.arrayBuffer();
}

async function* lines(body: NodeJS.ReadableStream): AsyncGenerator<string> {
  let rest = '';
  body.setEncoding('utf8');
  for await (const chunk of body) {
    const parts = (rest + chunk).split('\n');
    rest = parts.pop()!;
    yield* parts;
  }
  if (rest !== '') yield rest;
}
