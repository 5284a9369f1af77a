import type { IncomingMessage, ServerResponse } from 'node:http';
import { FaasError } from '../../common/errors.ts';
import { sendProblem } from '../../common/http/send-problem.ts';
import { readCallHead, startTimeNow } from './call-head.ts';
import type { CallPath } from './call-path.ts';
import type { FunctionEntry } from './function-entry.ts';
import { Invocation, type InvocationContext } from './invocation.ts';
import type { RouteTable } from './route-table.ts';

/** Takes every request for `/function/...` before express sees it. */
export class Invoker {
  readonly #routes: RouteTable;
  readonly #context: InvocationContext;

  constructor(routes: RouteTable, context: InvocationContext) {
    this.#routes = routes;
    this.#context = context;
  }

  invoke(req: IncomingMessage, res: ServerResponse, path: CallPath): void {
    const entry = this.find(path.name);
    if (entry === undefined) this.#notFound(req, res, path.name);
    else new Invocation(this.#context, req, res, entry, path.target).start();
  }

  find(name: string): FunctionEntry | undefined {
    return this.#routes.lookup(name) ?? (name.includes('%') ? this.#routes.lookup(decoded(name)) : undefined);
  }

  /** Not counted: names that strangers make up would become labels without bound. */
  #notFound(req: IncomingMessage, res: ServerResponse, name: string): void {
    const { callId } = readCallHead(req.rawHeaders);
    const headers = ['X-Call-Id', callId, 'X-Start-Time', startTimeNow(), 'X-Served-By', this.#context.product];
    sendProblem(res, functionNotFound(name), { internal: 'gateway', headers, extra: { callId } });
  }
}

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
