import { join } from 'node:path';
import type { WarmPoolReport } from '../../provider.ts';
import type { ReplicaLimits } from '../../quantities.ts';
import type { DataFolder } from '../data-folder.ts';
import type { MachineEnvironment } from '../environment.ts';
import { afterFailure, type Backoff, NO_BACKOFF } from '../functions/backoff.ts';
import type { Cgroups } from '../limits/cgroups.ts';
import { proportionalBytes } from '../processes/proc.ts';
import { describeEnd, type Exit } from '../replicas/failure.ts';
import { removeTree } from '../replicas/remove-tree.ts';
import { type Demand, poolSize, withStart } from './pool-size.ts';
import type { PoolNeed } from './poolable.ts';
import { PooledProcess } from './pooled-process.ts';

/** A replica that takes one on, or the call that it is started for, shall have the processor for itself. */
const REPLACE_AFTER_MS = 100;
/** How often a pool that has grown looks whether it may shrink. */
const SHRINK_AFTER_MS = 60_000;

export interface WarmPoolDeps {
  readonly folder: DataFolder;
  readonly cgroups: Cgroups;
  readonly machine: MachineEnvironment;
  /** The most that wait; 0 turns the pool off. */
  readonly most: number;
  readonly log: (line: string) => void;
  /** One that does not wait by then is ended. */
  readonly startTimeoutMs: number;
  /** The most that a function needs. */
  need(): PoolNeed;
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
  take(limits: ReplicaLimits): PooledProcess | undefined {
    if (this.#closed || this.#deps.most === 0) return undefined;
    this.#demand = withStart(this.#demand, performance.now());
    this.#lookIn(REPLACE_AFTER_MS);
    const member = this.#fitting(limits);
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

  #fitting(limits: ReplicaLimits): PooledProcess | undefined {
    const limited = this.#deps.cgroups.limits(limits);
    const waiting = this.#staying().filter((each) => each.waiting && (each.limitable || !limited));
    const member = waiting.find(({ limitable }) => limitable === limited) ?? waiting[0];
    try {
      member?.limit(limits);
      return member;
    } catch {
      // The limit is below what it takes already. One of its own will show whether it can be held.
      this.#dismiss(member!);
      return undefined;
    }
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

  /** Starts one, if one is missing: the next when that waits. Ends those that are too many, or of no more use. */
  #look(): void {
    this.#lookAt = Number.POSITIVE_INFINITY;
    const now = performance.now();
    const need = this.#deps.need();
    const size = need === 'none' ? 0 : poolSize(this.#demand, now, this.#deps.most);
    const unfit = need === 'limited' ? this.#staying().filter(({ limitable }) => !limitable) : [];
    for (const member of [...unfit, ...this.#staying().slice(size)]) this.#dismiss(member);
    const members = this.#staying();
    if (members.length >= size) {
      if (size > 1) this.#lookIn(SHRINK_AFTER_MS);
    } else if (this.#backoff.notBefore > now) this.#lookIn(this.#backoff.notBefore - now);
    else if (members.every(({ waiting }) => waiting)) this.#start(need === 'limited');
  }

  #start(limitable: boolean): void {
    const { folder, cgroups, machine, startTimeoutMs } = this.#deps;
    const membership = { startedAt: performance.now(), over: Promise.withResolvers<void>(), dismissed: false };
    try {
      const member: PooledProcess = new PooledProcess(folder, limitable ? cgroups : undefined, machine, {
        onWaiting: () => {
          clearTimeout(timer);
          this.#lookIn(0);
        },
        onEnd: (exit) => {
          clearTimeout(timer);
          this.#onEnd(member, membership, exit);
        },
      });
      const timer = setTimeout(() => member.kill(), startTimeoutMs);
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
    // One that was taken but could not be told so is its replica's to clear away.
    if (!this.#members.has(member)) return;
    const run = this.#deps.folder.runOf(member.id);
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
    if (this.#backoff.failures === 1)
      this.#deps.log(`A pooled watchdog ${how}; until another waits, functions start a process of their own`);
    this.#lookIn(0);
  }
}
