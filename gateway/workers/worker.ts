import type { Socket } from 'node:net';
import type { FunctionSpec, ReplicaFailure, StateObserver } from '../../provider/provider.ts';
import { refKey } from '../../provider/provider.ts';
import { createGatewayAuth } from '../auth/gateway-auth.ts';
import { TokenStore } from '../auth/token-store.ts';
import { FrontDoor } from '../front-door.ts';
import { CallSide } from '../invoke/call-side.ts';
import type { FunctionEntry } from '../invoke/function-entry.ts';
import type { Log } from '../log.ts';
import type { FromWorker, StateUpdate, ToWorker, WorkerReport, WorkerStart } from './messages.ts';

/** How often the primary is told what was counted, for those who look at it without asking. */
const REPORT_MS = 500;

export interface WorkerDeps {
  readonly start: WorkerStart;
  readonly states: readonly StateUpdate[];
  readonly log: Log;
  tell(message: FromWorker): void;
  /** Everything has ended. */
  ended(): void;
}

/**
 * A process that answers calls and nothing else: connections and the table of functions come from the primary, which
 * owns all state, and what is no call, or a call that only the primary can decide on, goes there.
 */
export class Worker {
  readonly #deps: WorkerDeps;
  readonly #calls: CallSide;
  readonly #door: FrontDoor;
  readonly #specs = new Map<string, { readonly revision: number; readonly spec: FunctionSpec }>();
  readonly #asked = new Map<number, (failure: ReplicaFailure | undefined) => void>();
  /** Calls started and ended, as they were reported last. */
  readonly #reported = new WeakMap<FunctionEntry, number>();
  readonly #reporting: NodeJS.Timeout;
  #asks = 0;
  #observe: StateObserver = () => undefined;

  constructor(deps: WorkerDeps) {
    this.#deps = deps;
    const { config, tls, product, primary } = deps.start;
    // Never asked: who needs a password or a token is the primary's to serve.
    const auth = createGatewayAuth({ credentials: undefined, tokens: new TokenStore('', []), maxGuesses: 0 });
    const provider = {
      watch: (observer: StateObserver) => {
        this.#observe = observer;
        return () => undefined;
      },
      explain: (ref: FunctionEntry['ref'], replica: string, signal: AbortSignal) => this.#explain(ref, replica, signal),
      // A call without a replica is the primary's.
      scale: async () => undefined,
    };
    this.#calls = new CallSide({ provider, config, auth, product, log: deps.log, primary });
    const { invoker, upgrades, routes } = this.#calls;
    const api = this.#calls.primary!;
    this.#door = new FrontDoor({ invoker, upgrades, api: (req, res) => api.send(req, res), config, tls });
    routes.watch(provider);
    for (const update of deps.states) this.#update(update);
    this.#reporting = setInterval(() => this.#report(undefined), REPORT_MS).unref();
    deps.tell({ type: 'ready' });
  }

  on(message: ToWorker, socket: Socket | undefined): void {
    switch (message.type) {
      case 'connection':
        // It may have ended on its way.
        if (socket) this.#door.serve(socket);
        break;
      case 'state':
        this.#update(message);
        break;
      case 'explained':
        this.#asked.get(message.ask)?.(message.failure);
        break;
      case 'report':
        this.#report(message.ask);
        break;
      case 'leave':
        void this.#leave(message.forwarded);
        break;
      case 'close':
        void this.#close();
        break;
    }
  }

  #update({ ref, state, revision }: StateUpdate): void {
    const key = refKey(ref);
    if (state === undefined) {
      this.#specs.delete(key);
      this.#observe(ref, undefined);
      return;
    }
    const known = this.#specs.get(key);
    const spec = known?.revision === revision ? known.spec : state.spec;
    this.#specs.set(key, { revision, spec });
    this.#observe(ref, { ...state, spec });
  }

  #explain(ref: FunctionEntry['ref'], replica: string, signal: AbortSignal): Promise<ReplicaFailure | undefined> {
    const ask = ++this.#asks;
    const { promise, resolve } = Promise.withResolvers<ReplicaFailure | undefined>();
    this.#asked.set(ask, resolve);
    signal.addEventListener('abort', () => resolve(undefined));
    this.#deps.tell({ type: 'explain', ask, ref, replica });
    return promise.finally(() => this.#asked.delete(ask));
  }

  #report(ask: number | undefined): void {
    const functions: WorkerReport['functions'][number][] = [];
    for (const entry of this.#calls.routes.entries()) {
      const { metrics, key, lastFailure } = entry;
      const changes = metrics.started + metrics.ended;
      if (this.#reported.get(entry) === changes || changes === 0) continue;
      this.#reported.set(entry, changes);
      functions.push({ key, lastFailure, ...metrics.counts });
    }
    const report = { timeOrigin: performance.timeOrigin, functions, webSockets: this.#calls.upgrades.size };
    this.#deps.tell({ type: 'report', ask, report });
  }

  async #leave(forwarded: string): Promise<void> {
    const successor = this.#calls.forwardTo(forwarded);
    await this.#door.leave(successor, this.#deps.start.config.drainTimeoutMs);
    this.#end();
  }

  async #close(): Promise<void> {
    await this.#door.close(this.#deps.start.config.drainTimeoutMs);
    this.#end();
  }

  #end(): void {
    this.#report(undefined);
    clearInterval(this.#reporting);
    this.#calls.close();
    this.#deps.ended();
  }
}
