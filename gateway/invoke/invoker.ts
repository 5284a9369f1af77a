import { ERROR_STATUS, FaasError } from '../../common/errors.ts';
import { fieldsOf } from '../../common/http/fields.ts';
import type { HttpRequest, HttpResponse } from '../../common/http/message.ts';
import { sendProblem } from '../../common/http/send-problem.ts';
import type { GatewayAuth } from '../auth/gateway-auth.ts';
import { clientAddress } from '../client-address.ts';
import type { Forward } from '../hand-over/forward.ts';
import { readCallHead, startTimeNow } from './call-head.ts';
import type { CallPath } from './call-path.ts';
import type { FunctionEntry } from './function-entry.ts';
import { Invocation, type InvocationContext } from './invocation.ts';
import type { RouteTable } from './route-table.ts';

/** Takes every request for `/function/...` before express sees it. */
export class Invoker {
  readonly #routes: RouteTable;
  readonly #auth: GatewayAuth;
  readonly #primary: Forward | undefined;
  readonly #context: InvocationContext;
  readonly #taken = new WeakMap<HttpRequest, string>();

  /**
   * @param primary for the calls that a worker cannot decide on: of functions that it does not know yet, that need a
   * token or a replica, or that have a limit for all workers together
   */
  constructor(routes: RouteTable, auth: GatewayAuth, primary: Forward | undefined, context: InvocationContext) {
    this.#routes = routes;
    this.#auth = auth;
    this.#primary = primary;
    this.#context = context;
  }

  invoke(req: HttpRequest, res: HttpResponse, path: CallPath): void {
    const entry = this.find(path.name);
    if (this.#primary !== undefined && (entry === undefined || isForPrimary(entry))) {
      this.#primary.send(req, res);
      return;
    }
    const refusal =
      entry === undefined ? functionNotFound(path.name) : entry.rules.needsToken && this.refusal(entry, req);
    if (entry === undefined || refusal) this.#refuse(req, res, refusal as FaasError);
    else new Invocation(this.#context, req, res, entry, path.target).start();
  }

  find(name: string): FunctionEntry | undefined {
    return this.#routes.lookup(name) ?? (name.includes('%') ? this.#routes.lookup(decoded(name)) : undefined);
  }

  /**
   * Why a call that needs a token may not go ahead. The token of one that may is taken out: it is not the function's.
   */
  refusal(entry: FunctionEntry, req: HttpRequest): FaasError | undefined {
    const verdict = this.#auth.call(req.headers.authorization, clientAddress(req), entry.key);
    if (verdict === 'too_many_guesses')
      return new FaasError('too_many_requests', 'Too many wrong tokens from your address; wait a second');
    if (verdict === 'denied')
      return new FaasError(
        'unauthorized',
        `${entry.key} can only be called with a token that allows it: send Authorization: Bearer TOKEN`,
      );
    this.#taken.set(req, req.headers.authorization!);
    const index = req.rawHeaders.findIndex((name, at) => at % 2 === 0 && name.toLowerCase() === 'authorization');
    req.rawHeaders.splice(index, 2);
    delete req.headers.authorization;
    return undefined;
  }

  /** The Authorization header that was taken out of a request. */
  taken(req: HttpRequest): string | undefined {
    return this.#taken.get(req);
  }

  /** Not counted: names that strangers make up would become labels without bound. */
  #refuse(req: HttpRequest, res: HttpResponse, error: FaasError): void {
    const { callId } = readCallHead(fieldsOf(req));
    const headers = ['X-Call-Id', callId, 'X-Start-Time', startTimeNow(), 'X-Served-By', this.#context.product];
    if (error.code === 'unauthorized') headers.push('WWW-Authenticate', 'Bearer realm="functions"');
    sendProblem(res, error, { internal: 'gateway', headers, extra: { callId } });
    this.#context.accessLog?.call({
      callId,
      method: req.method,
      path: req.url!,
      status: ERROR_STATUS[error.code],
      durationMs: 0,
      client: clientAddress(req),
    });
  }
}

/** Whether a worker leaves all calls of a function to the primary. */
export const isForPrimary = ({ rules, targets }: FunctionEntry): boolean =>
  rules.needsToken || rules.maxInFlight !== Infinity || targets.length === 0;

export function functionNotFound(name: string): FaasError {
  const shown = name.length > 80 ? `${name.slice(0, 80)}...` : name;
  return new FaasError(
    'function_not_found',
    `There is no function ${JSON.stringify(shown)}; faas-cli list shows those that are deployed`,
  );
}

/** A client may encode any character of a path; one that encodes wrongly means no function. */
function decoded(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return '';
  }
}
