import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FaasError } from '../../../common/errors.ts';
import type { Call } from '../mode.ts';

/** What `init` and every handler may use. */
export interface InitContext {
  readonly functionName: string;
  readonly namespace: string;
  /**
   * The text of one of the function's secrets.
   *
   * @throws Error that names it, and what to do; uncaught, it is the function's own failure
   */
  secret(name: string): Promise<string>;
}

/** Names that are files of the secrets folder and nothing else (contract 6.2). */
const SECRET_NAME = /^[A-Za-z0-9]([-._A-Za-z0-9]*[A-Za-z0-9])?$/;

export function createInitContext(functionName: string, namespace: string, secretsPath: string): InitContext {
  return {
    functionName,
    namespace,
    async secret(name) {
      if (!SECRET_NAME.test(name)) throw new Error(`"${name}" cannot be the name of a secret`);
      try {
        return await readFile(join(secretsPath, name), 'utf8');
      } catch (cause) {
        const remedy = 'list it under secrets of the function in stack.yaml, and deploy again';
        throw new Error(`The function has no secret "${name}"; ${remedy}.`, { cause });
      }
    },
  };
}

/** What a handler may ask and say about one call. */
export class FunctionContext implements InitContext {
  readonly functionName: string;
  readonly namespace: string;
  readonly secret: InitContext['secret'];
  readonly callId: string | undefined;
  readonly #call: Call;
  #abort: AbortController | undefined;
  #aborted: Error | undefined;
  #statusCode: number | undefined;
  #headers: Record<string, string | readonly string[]> | undefined;
  #outcome: { readonly value: unknown } | { readonly error: unknown } | undefined;

  constructor(shared: InitContext, call: Call) {
    this.functionName = shared.functionName;
    this.namespace = shared.namespace;
    this.secret = shared.secret;
    this.callId = call.callId;
    this.#call = call;
  }

  /** When exec_timeout ends the call; undefined without one. */
  get deadline(): Date | undefined {
    const { limitMs, startedAt } = this.#call;
    return limitMs === 0 ? undefined : new Date(Date.now() + startedAt + limitMs - performance.now());
  }

  /** Aborts at the deadline, and when the caller hangs up. */
  get signal(): AbortSignal {
    if (this.#abort === undefined) {
      const { res } = this.#call;
      this.#abort = new AbortController();
      if (this.#aborted !== undefined) this.#abort.abort(this.#aborted);
      // Looked for only here, because most handlers never ask.
      else if (res.destroyed) this.#abort.abort(callerGone());
      else
        res.once('close', () => {
          if (!res.writableFinished) this.abort(callerGone());
        });
    }
    return this.#abort.signal;
  }

  /** The status of the answer; without an argument, the one set. */
  status(code: number): this;
  status(): number | undefined;
  status(code?: number): this | number | undefined {
    if (code === undefined) return this.#statusCode;
    if (!Number.isInteger(code) || code < 200 || code > 999)
      throw new RangeError(`status: expected a whole number from 200 to 999, got ${code}`);
    this.#statusCode = code;
    return this;
  }

  /** Headers of the answer, added to those set before; without an argument, those set, if any. */
  headers(headers: Readonly<Record<string, string | readonly string[]>>): this;
  headers(): Readonly<Record<string, string | readonly string[]>> | undefined;
  headers(
    headers?: Readonly<Record<string, string | readonly string[]>>,
  ): this | Readonly<Record<string, string | readonly string[]>> | undefined {
    if (headers === undefined) return this.#headers;
    this.#headers = { ...this.#headers, ...headers };
    return this;
  }

  /** Sets the answer of a handler that returns nothing. */
  succeed(value: unknown): void {
    this.#outcome ??= { value };
  }

  /** Answers with an error, as if the handler had thrown it. */
  fail(error: unknown): void {
    this.#outcome ??= { error };
  }

  /** What the answer is made of: the returned value, or what `succeed` got. @throws what `fail` got */
  settle(returned: unknown): unknown {
    if (this.#outcome === undefined || returned !== undefined) return returned;
    if ('error' in this.#outcome) throw this.#outcome.error;
    return this.#outcome.value;
  }

  abort(reason: FaasError): void {
    this.#aborted = reason;
    this.#abort?.abort(reason);
  }
}

const callerGone = (): FaasError => new FaasError('invalid_request', 'The caller hung up.');
