import { setImmediate as nextTurn } from 'node:timers/promises';
import { stoppedFailure } from '../../ended-replicas.ts';
import {
  type FunctionRef,
  type FunctionState,
  type FunctionStatus,
  type ReplicaFailure,
  refKey,
} from '../../provider.ts';
import { replicaLimits } from '../../quantities.ts';
import type { Engine } from '../engine.ts';
import { isPoolable, type PoolNeed } from '../pool/poolable.ts';
import { startFailure } from '../replicas/failure.ts';
import { Replica, type ReplicaEvents } from '../replicas/replica.ts';
import type { FunctionRecord, ReplicaRecord } from '../state.ts';
import { afterFailure, type Backoff, NO_BACKOFF } from './backoff.ts';
import { planReplicas } from './plan.ts';

/** Replicas that served and ended, in a row, after which the next is still expected to serve; it starts soon then. */
const PROMISING_FAILURES = 3;

/** One deployed function: brings its replicas towards what is wanted, after every change and nothing else. */
export class ManagedFunction {
  readonly ref: FunctionRef;
  readonly #engine: Engine;
  readonly #replicas = new Map<string, Replica>();
  readonly #events: ReplicaEvents;
  #record: FunctionRecord;
  #failure: ReplicaFailure | undefined;
  #recovering = false;
  #backoff: Backoff = NO_BACKOFF;
  #retry: NodeJS.Timeout | undefined;
  readonly #ended = new AbortController();
  #ending = false;
  #letGo = false;
  #state: FunctionState | undefined;
  #poolNeed: PoolNeed | undefined;

  constructor(engine: Engine, record: FunctionRecord) {
    this.#engine = engine;
    this.#record = record;
    this.ref = { name: record.spec.name, namespace: record.spec.namespace };
    this.#events = {
      onReady: (replica) => this.#onReady(replica),
      onEnd: (replica, failure) => this.#onEnd(replica, failure),
      onGone: (replica) => this.#onGone(replica),
    };
  }

  get record(): FunctionRecord {
    return this.#record;
  }
  get replicas(): readonly Replica[] {
    return [...this.#replicas.values()];
  }
  /** Whether replicas of an earlier revision are left. */
  get rolling(): boolean {
    return this.replicas.some(({ revision }) => revision !== this.#record.revision);
  }

  /** Which process of the pool its next replica could be. */
  get poolNeed(): PoolNeed {
    return (this.#poolNeed ??= this.#readPoolNeed());
  }

  /** Aborts once nothing of it is left that could write to its logs. */
  get ended(): AbortSignal {
    return this.#ended.signal;
  }

  /** The same object until something changes. */
  get state(): FunctionState {
    return (this.#state ??= {
      spec: this.#record.spec,
      replicas: this.#record.replicas,
      ready: this.replicas.filter(({ ready }) => ready).map(({ target }) => target),
      ...(this.#failure && { failure: this.#failure }),
      ...(this.#recovering && { recovering: true }),
    });
  }

  status(usage?: FunctionStatus['usage']): FunctionStatus {
    const { spec, replicas, ready, failure } = this.state;
    const { createdAt } = this.#record;
    const updatedReplicas = this.replicas.filter(
      (each) => each.ready && each.revision === this.#record.revision,
    ).length;
    const status = { ...spec, replicas, availableReplicas: ready.length, updatedReplicas, createdAt };
    return { ...status, ...(usage && { usage }), ...(failure && { failure }) };
  }

  /** Takes a new record: another spec, bundle or number of replicas. */
  change(record: FunctionRecord): void {
    if (record.revision !== this.#record.revision) {
      this.#failure = undefined;
      this.#recovering = false;
      this.#backoff = NO_BACKOFF;
    }
    this.#record = record;
    this.#poolNeed = undefined;
    this.reconcile();
    this.#changed();
  }

  /** Deployed again as it is: what its replicas failed of may be mended, so they are tried again at once. */
  retry(): void {
    if (this.#failure === undefined) return;
    this.#failure = undefined;
    this.#backoff = NO_BACKOFF;
    this.reconcile();
    this.#changed();
  }

  /** A replica that an earlier gateway started and that answers. @param stoppingMs as {@link Replica.adopt} has it */
  adopt(recorded: ReplicaRecord, stoppingMs?: number): void {
    const replica = Replica.adopt(this.#engine, this.#record, recorded, this.#events, stoppingMs);
    this.#replicas.set(replica.id, replica);
    this.#changed();
  }

  /**
   * Ends all replicas, each drained; resolves when nothing of them is left.
   *
   * @param withinMs also those that were told to stop before end by then, where their own limits would give them longer
   */
  async end(withinMs?: number): Promise<void> {
    this.#ending = true;
    this.reconcile();
    if (withinMs !== undefined) for (const replica of this.replicas) replica.hasten(withinMs);
    this.#changed();
    await Promise.all(this.replicas.map(({ gone }) => gone));
    this.#ended.abort();
  }

  /**
   * Leaves its replicas as they are, for another engine; ends those that are not ready yet, which have no calls.
   * Resolves once nothing is left for this engine to do.
   *
   * @returns the replicas that were told to stop, each with the time that it has left
   */
  async letGo(): Promise<Record<string, number>> {
    this.#letGo = true;
    clearTimeout(this.#retry);
    const starting = this.replicas.filter(({ ready, wanted }) => wanted && !ready);
    for (const replica of starting) {
      replica.leave();
      replica.kill();
    }
    // Those that leave have been told to stop by then: see #stop.
    for (let turn = 0; turn < 3; turn++) await nextTurn();
    const stopping: Record<string, number> = {};
    for (const replica of this.replicas.filter((each) => !starting.includes(each))) {
      const leftMs = replica.letGo();
      if (leftMs !== undefined) stopping[replica.id] = leftMs;
    }
    await Promise.all(starting.map(({ gone }) => gone));
    return stopping;
  }

  #readPoolNeed(): PoolNeed {
    const { spec, digest } = this.#record;
    const { bundles, cgroups } = this.#engine;
    try {
      if (!isPoolable(spec, bundles.manifest(digest))) return 'none';
    } catch {
      return 'none';
    }
    return cgroups.limits(replicaLimits(spec)) ? 'limited' : 'plain';
  }

  /** Starts and stops what the plan says. Safe to call at any time. */
  reconcile(): void {
    clearTimeout(this.#retry);
    this.#retry = undefined;
    if (this.#letGo) return;
    const desired = this.#ending ? 0 : this.#record.replicas;
    const running = this.replicas
      .filter(({ wanted }) => wanted)
      .map(({ id, revision, ready, order }) => ({ id, ready, order, current: revision === this.#record.revision }));
    const { start, stop } = planReplicas(desired, running, this.#engine.limits.startsAtOnce);
    this.#stop(stop.map((id) => this.#replicas.get(id)!));
    const wait = this.#backoff.notBefore - performance.now();
    if (start > 0 && wait > 0) this.#retry = setTimeout(() => this.reconcile(), wait);
    else for (let started = 0; started < start && this.#start(); started++);
  }

  /** Off the list of ready ones, and everybody told so, before the first is told to stop. */
  #stop(replicas: readonly Replica[]): void {
    if (replicas.length === 0) return;
    for (const replica of replicas) replica.leave();
    this.#changed();
    // Calls that had chosen one of them are being written in this turn of the loop and the next.
    setImmediate(() =>
      setImmediate(() => {
        for (const replica of replicas) replica.stop();
      }),
    );
  }

  #start(): boolean {
    try {
      const manifest = this.#engine.bundles.manifest(this.#record.digest);
      const replica = Replica.start(this.#engine, this.#record, manifest, this.#events);
      this.#replicas.set(replica.id, replica);
      return true;
    } catch (error) {
      this.#failed(startFailure(error), 0);
      this.#changed();
      this.#retry = setTimeout(() => this.reconcile(), this.#backoff.notBefore - performance.now());
      return false;
    }
  }

  #onReady(replica: Replica): void {
    if (replica.revision === this.#record.revision) {
      this.#failure = undefined;
      this.#recovering = false;
    }
    this.reconcile();
    this.#changed();
  }

  #onEnd(replica: Replica, failure: ReplicaFailure | undefined): void {
    this.#engine.ended.record(replica.id, failure ?? stoppedFailure(replica.id));
    if (failure) {
      // One that was let go of may have been stopped by the engine that has it now, which knows.
      if (!this.#letGo) this.#engine.log(`${refKey(this.ref)}: ${failure.code}: ${failure.message}`);
      if (replica.revision === this.#record.revision) this.#failed(failure, replica.readyForMs);
    }
    this.reconcile();
    this.#changed();
  }

  #onGone(replica: Replica): void {
    this.#replicas.delete(replica.id);
    this.#engine.replicaGone(this);
  }

  #failed(failure: ReplicaFailure, readyForMs: number): void {
    this.#failure = failure;
    this.#backoff = afterFailure(this.#backoff, readyForMs, performance.now());
    this.#recovering = readyForMs > 0 && this.#backoff.failures <= PROMISING_FAILURES;
  }

  #changed(): void {
    this.#state = undefined;
    this.#engine.changed(this);
  }
}
