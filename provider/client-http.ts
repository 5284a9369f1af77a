import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { Readable } from 'node:stream';
import fetch, { type RequestInit, type Response } from 'node-fetch';
import { isFaasError } from '../common/errors.ts';
import type { Problem } from '../common/http/problem.ts';

export interface ClientOptions {
  /** Such as `http://127.0.0.1:8080`, without a slash at the end. */
  readonly url: string;
  /** The value of the `Authorization` header. */
  readonly authorization: string;
  readonly userAgent: string;
  /** For one exchange; calls of functions and logs have none. */
  readonly timeoutMs: number;
  /** Accepts any certificate. */
  readonly tlsNoVerify?: boolean;
  /** `http_proxy` and its kin, used for gateways that are not on this machine. */
  readonly proxyEnv?: Readonly<Record<string, string | undefined>>;
}

export interface Exchange {
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string | Readable | undefined;
  /** Statuses that are no failure; without it any answer is returned. */
  readonly expect?: readonly number[];
  /** Without the credentials, which are for the gateway alone. */
  readonly anonymous?: boolean;
  /** No time limit for the whole. */
  readonly untimed?: boolean;
  readonly signal: AbortSignal;
}

/** A gateway that answered, but not with what was asked for. `message` is its own text. */
export class ResponseError extends Error {
  override readonly name = 'ResponseError';
  readonly status: number;
  readonly statusText: string;
  /** The body as it came. */
  readonly text: string;
  readonly problem: Problem | undefined;

  constructor(status: number, statusText: string, text: string) {
    const problem = parseProblem(text);
    super(problem?.detail || text.trim() || `the gateway answered ${status} ${statusText}`);
    this.status = status;
    this.statusText = statusText;
    this.text = text;
    this.problem = problem;
  }
}

/** A gateway that could not be asked. `message` says which and what to do. */
export class ConnectError extends Error {
  override readonly name = 'ConnectError';
}

/** Sends requests to one gateway over connections that are kept until {@link close}. */
export class GatewayHttp {
  readonly options: ClientOptions;
  readonly #agent: HttpAgent;

  constructor(options: ClientOptions) {
    this.options = options;
    const proxyEnv = isLoopback(options.url) ? {} : { proxyEnv: options.proxyEnv };
    this.#agent = options.url.startsWith('https:')
      ? new HttpsAgent({ keepAlive: true, rejectUnauthorized: options.tlsNoVerify !== true, ...proxyEnv })
      : new HttpAgent({ keepAlive: true, ...proxyEnv });
  }

  /**
   * @throws ResponseError for a status that was not expected; ConnectError when there is no answer; the signal's
   *   reason when it aborts
   */
  async send(exchange: Exchange): Promise<Response> {
    const { url, authorization, userAgent, timeoutMs } = this.options;
    const timeout = exchange.untimed ? undefined : AbortSignal.timeout(timeoutMs);
    const signal = timeout ? AbortSignal.any([exchange.signal, timeout]) : exchange.signal;
    try {
      const response = await fetch(url + exchange.path, {
        method: exchange.method,
        headers: { ...(!exchange.anonymous && { authorization }), 'user-agent': userAgent, ...exchange.headers },
        body: (exchange.body ?? null) as NonNullable<RequestInit['body']> | null,
        agent: this.#agent,
        redirect: 'manual',
        signal,
      });
      if (exchange.expect && !exchange.expect.includes(response.status))
        throw new ResponseError(response.status, response.statusText, await response.text());
      return response;
    } catch (error) {
      throw this.#explain(error, exchange.signal, timeout);
    }
  }

  /** Like {@link send}, with the JSON of the answer. */
  async json(exchange: Exchange): Promise<unknown> {
    const response = await this.send({ ...exchange, headers: { accept: 'application/json', ...exchange.headers } });
    const text = await response.text();
    try {
      return JSON.parse(text);
    } catch (cause) {
      const start = JSON.stringify(text.slice(0, 60));
      throw new ConnectError(
        `the server ${this.options.url} answered no JSON to ${exchange.method} ${exchange.path} but ${start}; is it a gateway?`,
        { cause },
      );
    }
  }

  close(): void {
    this.#agent.destroy();
  }

  #explain(error: unknown, signal: AbortSignal, timeout: AbortSignal | undefined): unknown {
    if (signal.aborted) return signal.reason;
    const { url, timeoutMs } = this.options;
    if (timeout?.aborted)
      return new ConnectError(
        `the gateway ${url} did not answer within ${timeoutMs / 1000} s; give it longer with --timeout`,
        {
          cause: error,
        },
      );
    if (!isNetworkError(error)) return error;
    return new ConnectError(connectMessage(url, error), { cause: error });
  }
}

export const isLoopback = (url: string): boolean =>
  /^https?:\/\/(127\.\d+\.\d+\.\d+|localhost|\[::1\])(:|\/|$)/.test(url);

interface NetworkError extends Error {
  /** The system's, such as `ECONNREFUSED`, or OpenSSL's. */
  readonly code: string;
}

/** By its code: on Bun, where a fetch of its own stands for node-fetch, there is no FetchError. */
const isNetworkError = (error: unknown): error is NetworkError =>
  error instanceof Error && !isFaasError(error) && typeof (error as Partial<NetworkError>).code === 'string';

function connectMessage(url: string, error: NetworkError): string {
  const { code } = error;
  if (code === 'ECONNREFUSED') {
    const remedy = isLoopback(url)
      ? 'is the gateway running? Start it with: npm start'
      : 'is the gateway running there?';
    return `cannot connect to ${url}; ${remedy}`;
  }
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN')
    return `cannot connect to ${url}: no such host; check --gateway, or provider.gateway in stack.yaml`;
  if (code === 'EPIPE' || code === 'ECONNRESET')
    return `the gateway ${url} closed the connection before it answered; try again`;
  if (code === 'EPROTO') return `the gateway ${url} speaks no HTTPS; did you mean http:${url.slice('https:'.length)}?`;
  if (/CERT|SELF_SIGNED|TLS/.test(code))
    return `cannot trust the certificate of ${url} (${code}); --tls-no-verify goes on without checking it`;
  return `cannot connect to ${url}: ${error.message.replace(/^request to .* failed, reason: /, '')}`;
}

function parseProblem(text: string): Problem | undefined {
  if (!text.startsWith('{')) return undefined;
  try {
    const json: unknown = JSON.parse(text);
    return typeof (json as Problem).title === 'string' ? (json as Problem) : undefined;
  } catch {
    return undefined;
  }
}
