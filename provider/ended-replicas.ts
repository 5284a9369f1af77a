import type { ReplicaFailure } from './provider.ts';

const KEPT = 200;

/** Why the last replicas ended. */
export class EndedReplicas {
  readonly #ends = new Map<string, ReplicaFailure>();
  readonly #waiting = new Map<string, Set<(failure: ReplicaFailure) => void>>();

  record(replica: string, failure: ReplicaFailure): void {
    this.#ends.set(replica, failure);
    if (this.#ends.size > KEPT) this.#ends.delete(this.#ends.keys().next().value!);
    for (const resolve of this.#waiting.get(replica) ?? []) resolve(failure);
    this.#waiting.delete(replica);
  }

  get(replica: string): ReplicaFailure | undefined {
    return this.#ends.get(replica);
  }

  /** Resolves once the replica's end is recorded, or `undefined` once the signal aborts. */
  next(replica: string, signal: AbortSignal): Promise<ReplicaFailure | undefined> {
    if (signal.aborted) return Promise.resolve(undefined);
    const { promise, resolve } = Promise.withResolvers<ReplicaFailure | undefined>();
    const waiting = this.#waiting.get(replica) ?? new Set();
    this.#waiting.set(replica, waiting);
    const onEnd = (failure?: ReplicaFailure) => {
      signal.removeEventListener('abort', onAbort);
      waiting.delete(onEnd);
      resolve(failure);
    };
    const onAbort = () => onEnd();
    signal.addEventListener('abort', onAbort);
    waiting.add(onEnd);
    return promise;
  }
}

/** The message for calls that were cut because their replica was told to stop. */
export const stoppedFailure = (replica: string): ReplicaFailure => ({
  code: 'replica_died',
  message: `Replica ${replica} was stopped, by scaling, an update or a removal, and this call outlasted its time to drain`,
  replica,
  lastLogLines: [],
  at: new Date(),
});
