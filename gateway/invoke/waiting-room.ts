import { LONGEST_TIMER_MS } from '../../common/duration.ts';
import { FaasError } from '../../common/errors.ts';
import { initialReplicas } from '../../provider/labels.ts';
import type { Provider, ReplicaFailure } from '../../provider/provider.ts';
import type { FunctionEntry } from './function-entry.ts';

/** How long a call waits for a function that is known to be failing: its next attempt may be about to succeed. */
const FAILING_WAIT_MS = 2000;

export interface WaitingRoomOptions {
  /** Calls of one function that may wait at once. */
  readonly maxWaiting: number;
  readonly maxWaitMs: number;
  /** Whether a call may start a function that has no replicas. */
  readonly scaleFromZero: boolean;
}

/** A call that waits. One of the two is called, once, never from within {@link WaitingRoom.enter}. */
export interface Waiter {
  onReady(): void;
  onFailure(error: FaasError): void;
}

interface Seat {
  readonly timer: NodeJS.Timeout;
  /** The failure that was known on entering: only a newer one is news. */
  readonly knownFailure: ReplicaFailure | undefined;
}

/**
 * Holds calls of functions without a ready replica, bounded in number and time. Starts a replica once for all of a
 * function's waiters; the watch wakes them ({@link changed}), nothing polls.
 */
export class WaitingRoom {
  readonly #provider: Pick<Provider, 'scale'>;
  readonly #options: WaitingRoomOptions;
  readonly #seats = new Map<Waiter, Seat>();
  readonly #closing = new AbortController();

  constructor(provider: Pick<Provider, 'scale'>, options: WaitingRoomOptions) {
    this.#provider = provider;
    this.#options = options;
  }

  /** Calls that wait now. */
  get size(): number {
    return this.#seats.size;
  }

  /**
   * Seats a call until a replica is ready or it is clear that none will be in time.
   *
   * @param timeLeftMs until the call's own deadline; Infinity without one
   * @throws FaasError `no_replica` when the room is full, or the function is at zero and may not be started
   */
  enter(entry: FunctionEntry, waiter: Waiter, timeLeftMs: number): void {
    const { maxWaiting, maxWaitMs, scaleFromZero } = this.#options;
    if (entry.waiters.size >= maxWaiting)
      throw new FaasError(
        entry.targets.length > 0 ? 'too_many_requests' : 'no_replica',
        `${entry.key} has no replica that can take a call, and ${maxWaiting} calls wait for one already (dunlin_max_waiting); try again`,
      );
    if (entry.state.replicas === 0 && !scaleFromZero)
      throw new FaasError(
        'no_replica',
        `${entry.key} is scaled to zero and scale_from_zero is false; scale it up to call it`,
      );
    // With ready replicas, or one that is being replaced, the call waits for its turn, and an old failure says nothing.
    const knownFailure = entry.targets.length > 0 || entry.state.recovering ? undefined : entry.state.failure;
    const waitMs = Math.min(knownFailure ? FAILING_WAIT_MS : Infinity, maxWaitMs, timeLeftMs, LONGEST_TIMER_MS);
    const timer = setTimeout(() => this.#giveUp(entry, waiter, waitMs), waitMs);
    this.#seats.set(waiter, { timer, knownFailure });
    entry.waiters.add(waiter);
    if (entry.state.replicas === 0) void this.#start(entry);
  }

  /** Frees a waiter's seat: its client has gone. */
  leave(entry: FunctionEntry, waiter: Waiter): void {
    clearTimeout(this.#seats.get(waiter)?.timer);
    this.#seats.delete(waiter);
    entry.waiters.delete(waiter);
  }

  /** A function's state is new: its waiters may go on, or learn that they wait in vain. */
  changed(entry: FunctionEntry): void {
    if (entry.waiters.size === 0) return;
    if (entry.removed) this.#failAll(entry, new FaasError('function_not_found', `${entry.key} was removed meanwhile`));
    else if (entry.targets.length > 0) this.#wakeAll(entry);
    else if (entry.state.failure !== undefined && !entry.state.recovering) this.#failNewly(entry, entry.state.failure);
    // Scaled to zero while calls waited, by somebody who did not know of them.
    else if (entry.state.replicas === 0) void this.#start(entry);
  }

  /** A replica with a limit can take a call again: the one that has waited longest goes on. */
  freed(entry: FunctionEntry): void {
    if (entry.targets.length === 0) return;
    for (const waiter of entry.waiters) {
      this.leave(entry, waiter);
      waiter.onReady();
      return;
    }
  }

  /** Lets everybody go on, to where another gateway is: see {@link InvocationContext.forward}. */
  empty(entries: Iterable<FunctionEntry>): void {
    for (const entry of entries) this.#wakeAll(entry);
  }

  /** Sends everybody away. Idempotent. */
  close(entries: Iterable<FunctionEntry>): void {
    this.#closing.abort();
    for (const entry of entries)
      this.#failAll(entry, new FaasError('no_replica', 'The gateway is stopping; try again in a moment'));
  }

  async #start(entry: FunctionEntry): Promise<void> {
    if (entry.starting) return;
    entry.starting = true;
    entry.metrics.coldStarts++;
    try {
      // As many as the function's minimum, or one (contract 1.4).
      await this.#provider.scale(
        entry.ref,
        Math.max(1, initialReplicas(entry.state.spec.labels)),
        this.#closing.signal,
      );
    } catch (cause) {
      this.#failAll(entry, couldNotStart(entry, cause));
    } finally {
      entry.starting = false;
    }
  }

  #wakeAll(entry: FunctionEntry): void {
    for (const waiter of [...entry.waiters]) {
      this.leave(entry, waiter);
      waiter.onReady();
    }
  }

  #failNewly(entry: FunctionEntry, failure: ReplicaFailure): void {
    for (const waiter of [...entry.waiters])
      if (this.#seats.get(waiter)?.knownFailure?.at.getTime() !== failure.at.getTime())
        this.#fail(entry, waiter, failureError(failure));
  }

  #failAll(entry: FunctionEntry, error: FaasError): void {
    for (const waiter of [...entry.waiters]) this.#fail(entry, waiter, error);
  }

  #fail(entry: FunctionEntry, waiter: Waiter, error: FaasError): void {
    this.leave(entry, waiter);
    waiter.onFailure(error);
  }

  #giveUp(entry: FunctionEntry, waiter: Waiter, waitMs: number): void {
    const { failure } = entry.state;
    if (entry.targets.length > 0) {
      this.#fail(entry, waiter, busy(entry, waitMs));
      return;
    }
    const error = failure
      ? failureError(failure)
      : new FaasError(
          'no_replica',
          `No replica of ${entry.key} got ready within ${waitMs / 1000} s; faas-cli describe and logs show why`,
        );
    this.#fail(entry, waiter, error);
  }
}

const busy = ({ key, rules: { maxInFlight } }: FunctionEntry, waitMs: number): FaasError =>
  new FaasError(
    'too_many_requests',
    `Every replica of ${key} had ${maxInFlight} calls, its com.dunlin.max-inflight, for ${waitMs / 1000} s; scale it up, or raise that label`,
  );

/** The failure of a replica as the answer to a call that needed it. */
export function failureError(failure: ReplicaFailure): FaasError {
  const { exitCode, signal, lastLogLines, replica } = failure;
  return new FaasError(failure.code, failure.message, {
    extra: {
      ...(exitCode !== undefined && { exitCode }),
      ...(signal !== undefined && { signal }),
      ...(replica !== undefined && { replica }),
      lastLogLines,
    },
  });
}

function couldNotStart(entry: FunctionEntry, cause: unknown): FaasError {
  if (cause instanceof FaasError) return cause;
  return new FaasError(
    'provider_unavailable',
    `No replica of ${entry.key} could be started; the gateway's log says why`,
    {
      cause,
    },
  );
}
