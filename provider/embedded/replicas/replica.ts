import type { ReplicaFailure, ReplicaTarget } from '../../provider.ts';
import { replicaLimits } from '../../quantities.ts';
import type { BundleManifest } from '../../wire/bundle.ts';
import { ownerOf } from '../data-folder.ts';
import type { Engine } from '../engine.ts';
import type { ReplicaCgroup } from '../limits/cgroups.ts';
import { isPoolable } from '../pool/poolable.ts';
import type { PooledProcess } from '../pool/pooled-process.ts';
import { killAll, signalProcess } from '../processes/kill-all.ts';
import { processTree } from '../processes/proc.ts';
import type { FunctionRecord, ReplicaRecord } from '../state.ts';
import { drainTimeMs } from './drain-time.ts';
import { type Exit, failureOf } from './failure.ts';
import { launch } from './launch.ts';
import { removeTree } from './remove-tree.ts';
import { type ReplicaFiles, replicaFiles } from './replica-files.ts';
import { newReplicaId } from './replica-id.ts';
import type { ReplicaProcess } from './replica-process.ts';

export interface ReplicaEvents {
  /** The replica may get calls now. */
  onReady(replica: Replica): void;
  /** It gets no more calls: it ended. `failure` is absent when it was told to stop. */
  onEnd(replica: Replica, failure: ReplicaFailure | undefined): void;
  /** Nothing of it is left: no process, no folder, no record. */
  onGone(replica: Replica): void;
}

type Phase = 'starting' | 'ready' | 'stopping' | 'ended';

/** One watchdog process and all below it, from start, or adoption, to the last trace. */
export class Replica {
  readonly id: string;
  readonly revision: number;
  readonly digest: string;
  /** Grows with each replica of this engine. */
  readonly order: number;
  readonly target: ReplicaTarget;
  readonly gone: Promise<void>;
  readonly #engine: Engine;
  readonly #record: FunctionRecord;
  readonly #events: ReplicaEvents;
  readonly #gone = Promise.withResolvers<void>();
  readonly #files: ReplicaFiles;
  #phase: Phase = 'starting';
  #process: ReplicaProcess | undefined;
  #cgroup: ReplicaCgroup | undefined;
  #timer: NodeJS.Timeout | undefined;
  #unwatchMemory: (() => void) | undefined;
  #memoryExceeded = false;
  #startedTooSlowly = false;
  #readyAt: number | undefined;
  #letGo = false;
  #endAt = Number.POSITIVE_INFINITY;
  /** CPU ticks at a time, for usage. */
  lastUsage: { readonly ticks: number; readonly at: number } | undefined;

  private constructor(
    engine: Engine,
    record: FunctionRecord,
    events: ReplicaEvents,
    { id, revision, digest }: Pick<ReplicaRecord, 'id' | 'revision' | 'digest'>,
  ) {
    this.id = id;
    this.revision = revision;
    this.digest = digest;
    this.order = engine.nextOrder();
    this.gone = this.#gone.promise;
    this.#engine = engine;
    this.#record = record;
    this.#events = events;
    this.#files = replicaFiles(engine.folder, record.spec, this.id);
    this.target = Object.freeze({ id: this.id, address: { path: this.#files.socket } });
  }

  /**
   * Starts a process for the function, or has one of the pool take it on. Synchronous up to the exec, with nothing on
   * the way that waits for a disk: the record is committed meanwhile, and a process that a killed gateway left without
   * one is found by its markers.
   *
   * @throws Error when the folder or the process cannot be made
   */
  static start(engine: Engine, record: FunctionRecord, manifest: BundleManifest, events: ReplicaEvents): Replica {
    const pooled = isPoolable(record.spec, manifest) ? engine.pool.take(replicaLimits(record.spec)) : undefined;
    const { revision, digest } = record;
    const replica = new Replica(engine, record, events, { id: pooled?.id ?? newReplicaId(), revision, digest });
    replica.#run(manifest, pooled);
    return replica;
  }

  /**
   * Takes over a ready replica that an earlier gateway started.
   *
   * @param stoppingMs it was told to stop, and has so long to drain
   */
  static adopt(
    engine: Engine,
    record: FunctionRecord,
    adopted: ReplicaRecord,
    events: ReplicaEvents,
    stoppingMs?: number,
  ): Replica {
    const replica = new Replica(engine, record, events, adopted);
    replica.#process = { pid: adopted.pid, startTime: adopted.startTime };
    replica.#cgroup = engine.cgroups.find(replica.id);
    replica.#watchMemory(adopted.memoryBytes);
    replica.#phase = 'ready';
    replica.#readyAt = performance.now();
    if (stoppingMs !== undefined) {
      replica.leave();
      replica.hasten(stoppingMs);
    }
    engine.adopted.watch(replica.#process, () => replica.#onExit({}));
    return replica;
  }

  get ready(): boolean {
    return this.#phase === 'ready';
  }
  /** Whether it was not told to stop and has not ended. */
  get wanted(): boolean {
    return this.#phase === 'starting' || this.#phase === 'ready';
  }
  get pid(): number | undefined {
    return this.#process?.pid;
  }
  /** How long it has been ready. */
  get readyForMs(): number {
    return this.#readyAt === undefined ? 0 : performance.now() - this.#readyAt;
  }

  /** It gets no more calls; {@link stop} follows once everybody has been told. */
  leave(): void {
    if (!this.wanted) return;
    this.#phase = 'stopping';
    clearTimeout(this.#timer);
  }

  /** Lets it drain, then ends it. */
  stop(): void {
    this.leave();
    if (this.#phase !== 'stopping' || !this.#process) return;
    signalProcess(this.#process.pid, 'SIGTERM');
    this.hasten(this.#drainTimeMs());
  }

  /** One that was told to stop is ended after so long, or earlier if that was said before. */
  hasten(graceMs: number): void {
    const endAt = performance.now() + graceMs;
    if (this.#phase !== 'stopping' || endAt >= this.#endAt) return;
    this.#endAt = endAt;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.kill(), graceMs);
  }

  /**
   * From now on it is another engine's: this one only sees it end.
   *
   * @returns how long it may still drain, when it was told to stop
   */
  letGo(): number | undefined {
    this.#letGo = true;
    clearTimeout(this.#timer);
    this.#unwatchMemory?.();
    return this.#phase === 'stopping' ? Math.max(0, this.#endAt - performance.now()) : undefined;
  }

  /** Ends all of its processes now. */
  kill(): void {
    // Children must be found before their parent is gone.
    for (const pid of this.#process ? this.#tree() : []) signalProcess(pid, 'SIGKILL');
  }

  #tree(): number[] {
    return [...new Set([...processTree(this.#process!.pid), ...(this.#cgroup?.pids() ?? [])])];
  }

  #run(manifest: BundleManifest, pooled: PooledProcess | undefined): void {
    const events = { onReady: () => this.#onReady(), onExit: (exit: Exit) => this.#onExit(exit) };
    const { id, digest, revision } = this;
    const launched = launch(this.#engine, this.#record, manifest, { id, files: this.#files, pooled }, events);
    this.#process = launched.process;
    this.#cgroup = launched.cgroup;
    this.#timer = setTimeout(() => this.#onStartTimeout(), this.#engine.limits.startTimeoutMs);
    if (!this.#process) return;
    const { memoryBytes } = replicaLimits(this.#record.spec);
    this.#watchMemory(memoryBytes);
    const { namespace, name } = this.#record.spec;
    const row = { id, namespace, name, revision, digest, ...this.#process, ...(memoryBytes && { memoryBytes }) };
    this.#engine.inBackground(this.#engine.state.putReplica(row));
  }

  /** Where the kernel does not enforce the limit. */
  #watchMemory(limitBytes: number | undefined): void {
    if (limitBytes === undefined || this.#cgroup?.limitsMemory || !this.#process) return;
    this.#unwatchMemory = this.#engine.resident.watch(this.#process.pid, limitBytes, () => {
      this.#memoryExceeded = true;
      this.kill();
    });
  }

  #onReady(): void {
    if (this.#phase !== 'starting') return;
    clearTimeout(this.#timer);
    this.#phase = 'ready';
    this.#readyAt = performance.now();
    this.#events.onReady(this);
  }

  #onStartTimeout(): void {
    this.#startedTooSlowly = true;
    this.kill();
  }

  #onExit(exit: Exit): void {
    const stopping = this.#phase === 'stopping';
    this.#phase = 'ended';
    clearTimeout(this.#timer);
    this.#unwatchMemory?.();
    this.#events.onEnd(this, stopping ? undefined : this.#failure(exit));
    if (!this.#letGo) this.#engine.inBackground(this.#clear());
  }

  #failure(exit: Exit): ReplicaFailure {
    const { spec } = this.#record;
    const killed = exit.signal === 'SIGKILL' || exit.signal === undefined;
    const counted = killed && exit.exitCode === undefined && (this.#cgroup?.oomKills() ?? 0) > 0;
    const exceeded = this.#memoryExceeded || counted;
    const failure = failureOf({
      replica: this.id,
      exit,
      wasReady: this.#readyAt !== undefined,
      memoryLimit: spec.limits?.memory,
      memoryExceeded: exceeded,
      ...this.#files,
      at: new Date(),
    });
    if (!this.#startedTooSlowly || exceeded) return failure;
    const limit = `${this.#engine.limits.startTimeoutMs / 1000} s`;
    const message = `Replica ${this.id} was not ready within ${limit} and was ended: it hangs or loops while it loads, or needs longer; what it logged says how far it came`;
    return { ...failure, code: 'timed_out', message };
  }

  /** What the watchdog left: processes in sessions of their own, folder, control group, record. */
  async #clear(): Promise<void> {
    const { processes, state, log } = this.#engine;
    const left = await killAll(async () => {
      const marked = (await processes.find()).filter(({ replica }) => replica === this.id);
      return [...marked.map(({ pid }) => pid), ...(this.#cgroup?.pids() ?? [])];
    });
    if (left.length > 0) log(`Processes ${left.join(', ')} of replica ${this.id} cannot be ended`);
    this.#cgroup?.remove();
    await removeTree(this.#files.run, ownerOf(this.#record));
    await state.removeReplica(this.id);
    this.#gone.resolve();
    this.#events.onGone(this);
  }

  #drainTimeMs(): number {
    const variables = { ...this.#bundleVariables(), ...this.#record.spec.envVars };
    return drainTimeMs(variables, this.#engine.limits.stopGraceMs);
  }

  #bundleVariables(): BundleManifest['environment'] {
    try {
      return this.#engine.bundles.manifest(this.digest).environment;
    } catch {
      return undefined;
    }
  }
}
