import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import {
  type FunctionRef,
  type FunctionSpec,
  type FunctionState,
  type Provider,
  refKey,
} from '../../provider/provider.ts';
import type { RouteTable } from '../invoke/route-table.ts';
import type { Log } from '../log.ts';
import type { FromWorker, StateUpdate, ToWorker, WorkerReport, WorkerStart } from './messages.ts';

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url));
/**
 * A worker that ends sooner than this is started again after it, so that one that cannot start does not keep a core.
 */
const RESTART_MS = 1000;
/** Who asks for figures does not wait longer for a worker that is busy. */
const REPORT_MS = 1000;
/** As for the primary's own question: see invocation.ts. */
const EXPLAIN_MS = 1000;

export interface WorkerPoolDeps {
  readonly count: number;
  readonly start: WorkerStart;
  readonly provider: Pick<Provider, 'watch' | 'explain'>;
  /** Serves a connection that no worker took. */
  readonly keep: (socket: Socket) => void;
  /** Its metrics are those of all processes: what workers count is added. */
  readonly routes: RouteTable;
  readonly log: Log;
}

/** The worker processes: gives them connections in turn, the table of functions, and adds up what they count. */
export class WorkerPool {
  readonly #deps: WorkerPoolDeps;
  readonly #workers: Member[] = [];
  readonly #states = new Map<string, StateUpdate>();
  readonly #revisions = new WeakMap<FunctionSpec, number>();
  #revision = 0;
  #next = 0;
  #stopping = false;
  #stopWatching: (() => void) | undefined;
  #restarts = new Set<NodeJS.Timeout>();

  constructor(deps: WorkerPoolDeps) {
    this.#deps = deps;
  }

  /** Resolves once every worker takes connections, or has ended. */
  async start(): Promise<void> {
    this.#stopWatching = this.#deps.provider.watch((ref, state) => this.#observe(ref, state));
    for (let i = 0; i < this.#deps.count; i++) this.#fork();
    await Promise.all(this.#workers.map(({ ready }) => ready));
  }

  /** In all workers. */
  get webSockets(): number {
    return this.#workers.reduce((sum, { webSockets }) => sum + webSockets, 0);
  }

  /** Gives a connection to the worker whose turn it is. @returns false: none is ready */
  distribute(socket: Socket): boolean {
    if (this.#stopping) return false;
    for (let tried = 0; tried < this.#workers.length; tried++) {
      const worker = this.#workers[this.#next++ % this.#workers.length]!;
      if (worker.isReady && worker.give(socket)) return true;
    }
    return false;
  }

  /** What was counted up to now is added. */
  async refresh(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.refresh()));
  }

  /** All connections drain, to another gateway; resolves once the workers have ended. */
  async leave(forwarded: string): Promise<void> {
    await this.#stop({ type: 'leave', forwarded });
  }

  /** Connections drain; resolves once the workers have ended. Idempotent. */
  async close(): Promise<void> {
    await this.#stop({ type: 'close' });
  }

  async #stop(message: ToWorker): Promise<void> {
    if (!this.#stopping) {
      this.#stopping = true;
      this.#stopWatching?.();
      for (const timer of this.#restarts) clearTimeout(timer);
      for (const worker of this.#workers) worker.tell(message);
    }
    await Promise.all(this.#workers.map(({ ended }) => ended));
  }

  #observe(ref: FunctionRef, state: FunctionState | undefined): void {
    const update = { ref, state, revision: state ? this.#revisionOf(state.spec) : 0 };
    if (state) this.#states.set(refKey(ref), update);
    else this.#states.delete(refKey(ref));
    for (const worker of this.#workers) {
      if (!state) worker.forget(refKey(ref));
      worker.tell({ type: 'state', ...update });
    }
  }

  #revisionOf(spec: FunctionSpec): number {
    const known = this.#revisions.get(spec) ?? ++this.#revision;
    this.#revisions.set(spec, known);
    return known;
  }

  #fork(): void {
    const { start, provider, routes, log } = this.#deps;
    const startedAt = performance.now();
    const worker = new Member(provider, routes);
    worker.onUngiven = (socket) => this.distribute(socket) || this.#deps.keep(socket);
    this.#workers.push(worker);
    worker.tell({ type: 'start', start, states: [...this.#states.values()] });
    void worker.ended.then((how) => {
      this.#workers.splice(this.#workers.indexOf(worker), 1);
      if (this.#stopping) return;
      log.error({ pid: worker.pid }, `A worker ended by ${how}; its calls were cut, another one is started`);
      const wait = Math.max(0, RESTART_MS - (performance.now() - startedAt));
      const timer = setTimeout(() => {
        this.#restarts.delete(timer);
        this.#fork();
      }, wait);
      this.#restarts.add(timer);
    });
  }
}

/** One worker, as the primary knows it. */
class Member {
  readonly #provider: Pick<Provider, 'explain'>;
  readonly #routes: RouteTable;
  readonly #child: ChildProcess;
  /** Resolves with how it ended, in words. */
  readonly ended: Promise<string>;
  /** Resolves once it takes connections, or has ended. */
  readonly ready: Promise<unknown>;
  readonly #asked = new Map<number, () => void>();
  readonly #reported = new Map<string, WorkerReport['functions'][number]>();
  /** Connections on their way to it. */
  readonly #giving = new Set<Socket>();
  onUngiven: (socket: Socket) => unknown = () => undefined;
  #offsetMs = 0;
  #asks = 0;
  webSockets = 0;
  isReady = false;

  constructor(provider: Pick<Provider, 'explain'>, routes: RouteTable) {
    this.#provider = provider;
    this.#routes = routes;
    this.#child = fork(MAIN, { serialization: 'advanced' });
    const { promise, resolve } = Promise.withResolvers<void>();
    this.ended = once(this.#child, 'exit').then(([code, signal]) => {
      this.isReady = false;
      this.#forgetCalls();
      for (const answered of this.#asked.values()) answered();
      for (const socket of this.#giving) this.onUngiven(socket);
      return signal === null ? `exit code ${code}` : String(signal);
    });
    this.ready = Promise.race([promise, this.ended]);
    this.#child.on('message', (message: FromWorker) => {
      if (message.type === 'ready') {
        this.isReady = true;
        resolve();
      } else void this.#on(message);
    });
    // How it ended says `exit`.
    this.#child.on('error', () => undefined);
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  tell(message: ToWorker): void {
    if (this.#child.connected) this.#child.send(message, () => undefined);
  }

  give(socket: Socket): boolean {
    if (!this.#child.connected) return false;
    const message: ToWorker = { type: 'connection' };
    this.#giving.add(socket);
    this.#child.send(message, socket, { keepOpen: false }, (error) => {
      if (this.#giving.delete(socket) && error) socket.destroy();
    });
    return true;
  }

  /** A function was removed: one of the same name counts anew. */
  forget(key: string): void {
    this.#reported.delete(key);
  }

  async refresh(): Promise<void> {
    if (!this.isReady) return;
    const ask = ++this.#asks;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#asked.set(ask, resolve);
    const timer = setTimeout(resolve, REPORT_MS);
    this.tell({ type: 'report', ask });
    await promise;
    clearTimeout(timer);
    this.#asked.delete(ask);
  }

  async #on(message: Exclude<FromWorker, { type: 'ready' }>): Promise<void> {
    if (message.type === 'report') {
      this.#add(message.report);
      if (message.ask !== undefined) this.#asked.get(message.ask)?.();
      return;
    }
    const { ask, ref, replica } = message;
    const failure = await this.#provider.explain(ref, replica, AbortSignal.timeout(EXPLAIN_MS)).catch(() => undefined);
    this.tell({ type: 'explained', ask, failure });
  }

  #add({ timeOrigin, functions, webSockets }: WorkerReport): void {
    this.#offsetMs = timeOrigin - performance.timeOrigin;
    this.webSockets = webSockets;
    for (const counts of functions) {
      const entry = this.#routes.byKey(counts.key);
      // Removed meanwhile; its series are gone.
      if (entry === undefined) continue;
      entry.metrics.add(counts, this.#reported.get(counts.key), this.#offsetMs);
      if (counts.lastFailure) entry.lastFailure = counts.lastFailure;
      this.#reported.set(counts.key, counts);
    }
  }

  /** Those in flight have ended with the process. */
  #forgetCalls(): void {
    this.webSockets = 0;
    for (const [key, counts] of this.#reported)
      if (counts.inFlight > 0)
        this.#routes.byKey(key)?.metrics.add({ ...counts, inFlight: 0, begun: 0 }, counts, this.#offsetMs);
  }
}
