import { join } from 'node:path';
import type { WarmPoolReport } from '../../provider.ts';
import type { DataFolder } from '../data-folder.ts';
import type { MachineEnvironment } from '../environment.ts';
import { afterFailure, type Backoff, NO_BACKOFF } from '../functions/backoff.ts';
import { proportionalBytes } from '../processes/proc.ts';
import { describeEnd, type Exit } from '../replicas/failure.ts';
import { removeTree } from '../replicas/remove-tree.ts';
import { type Demand, poolSize, withStart } from './pool-size.ts';
import { PooledProcess } from './pooled-process.ts';

/** A replica that takes one on, or the call that it is started for, shall have the processor for itself. */
const REPLACE_AFTER_MS = 100;
/** How often a pool that has grown looks whether it may shrink. */
const SHRINK_AFTER_MS = 60_000;

export interface WarmPoolDeps {
  readonly folder: DataFolder;
  readonly machine: MachineEnvironment;
  /** The most that wait; 0 turns the pool off. */
  readonly most: number;
  readonly log: (line: string) => void;
  /** Whether there is a function that could take one. */
  isWanted(): boolean;
}

interface Membership {
  readonly startedAt: number;
  /** Nothing is left of it: no process, no folder. Or it is a replica. */
  readonly over: PromiseWithResolvers<void>;
  /** It was told to end. */
  dismissed: boolean;
}

/** Keeps watchdogs waiting for functions in module mode: as many as were needed at once of late. */
export class WarmPool implements WarmPoolReport {
  readonly #deps: WarmPoolDeps;
  readonly #members = new Map<PooledProcess, Membership>();
  #demand: Demand = [];
  #backoff: Backoff = NO_BACKOFF;
  #timer: NodeJS.Timeout | undefined;
  #lookAt = Number.POSITIVE_INFINITY;
  #taken = 0;
  #missed = 0;
  #closed = false;

  constructor(deps: WarmPoolDeps) {
    this.#deps = deps;
  }

  get waiting(): number {
    return this.#staying().filter(({ waiting }) => waiting).length;
  }
  get taken(): number {
    return this.#taken;
  }
  get missed(): number {
    return this.#missed;
  }
  memoryBytes(): number {
    return this.#staying().reduce((sum, { pid }) => sum + (pid === undefined ? 0 : proportionalBytes(pid)), 0);
  }

  /** One for a replica that is to be started, whose it is from now on; `undefined` when none waits. */
  take(): PooledProcess | undefined {
    if (this.#closed || this.#deps.most === 0) return undefined;
    this.#demand = withStart(this.#demand, performance.now());
    this.#lookIn(REPLACE_AFTER_MS);
    const member = this.#staying().find(({ waiting }) => waiting);
    if (!member) {
      this.#missed++;
      return undefined;
    }
    this.#members.get(member)!.over.resolve();
    this.#members.delete(member);
    this.#backoff = NO_BACKOFF;
    this.#taken++;
    return member;
  }

  /** Other functions than before could take one. */
  adjust(): void {
    this.#lookIn(REPLACE_AFTER_MS);
  }

  /** Ends all that wait; resolves when nothing is left of them. Idempotent. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    for (const member of this.#members.keys()) this.#dismiss(member);
    await Promise.all([...this.#members.values()].map(({ over }) => over.promise));
  }

  #staying(): PooledProcess[] {
    return [...this.#members].filter(([, { dismissed }]) => !dismissed).map(([member]) => member);
  }

  /** Or earlier, if that was said before. */
  #lookIn(ms: number): void {
    const at = performance.now() + ms;
    if (this.#closed || this.#deps.most === 0 || at >= this.#lookAt) return;
    this.#lookAt = at;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#look(), ms);
  }

  /** Starts one, if one is missing: the next when that waits. Ends those that are too many. */
  #look(): void {
    this.#lookAt = Number.POSITIVE_INFINITY;
    const now = performance.now();
    const { most, isWanted } = this.#deps;
    const size = isWanted() ? poolSize(this.#demand, now, most) : 0;
    const members = this.#staying();
    for (const member of members.slice(size)) this.#dismiss(member);
    if (members.length >= size) {
      if (size > 1) this.#lookIn(SHRINK_AFTER_MS);
    } else if (this.#backoff.notBefore > now) this.#lookIn(this.#backoff.notBefore - now);
    else if (members.every(({ waiting }) => waiting)) this.#start();
  }

  #start(): void {
    const { folder, machine } = this.#deps;
    const membership = { startedAt: performance.now(), over: Promise.withResolvers<void>(), dismissed: false };
    try {
      const member: PooledProcess = new PooledProcess(folder, machine, {
        onWaiting: () => this.#lookIn(0),
        onEnd: (exit) => this.#onEnd(member, membership, exit),
      });
      this.#members.set(member, membership);
    } catch (error) {
      this.#failed(`cannot be started: ${(error as Error).message}`, 0);
    }
  }

  #dismiss(member: PooledProcess): void {
    this.#members.get(member)!.dismissed = true;
    member.kill();
  }

  #onEnd(member: PooledProcess, { startedAt, over, dismissed }: Membership, exit: Exit): void {
    const { folder } = this.#deps;
    const run = folder.runOf(member.id);
    if (!dismissed) this.#failed(describeEnd(exit, join(run, 'stderr')), performance.now() - startedAt);
    removeTree(run, undefined)
      .catch((error: Error) => this.#deps.log(`The folder of a pooled watchdog is left: ${error.message}`))
      .finally(() => {
        this.#members.delete(member);
        over.resolve();
        this.#lookIn(0);
      });
  }

  #failed(how: string, afterMs: number): void {
    this.#backoff = afterFailure(this.#backoff, afterMs, performance.now());
    this.#deps.log(`A pooled watchdog ${how}; functions that start meanwhile start a process of their own`);
    this.#lookIn(0);
  }
}
