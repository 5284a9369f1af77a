import type { Upstream } from '../../common/http/upstream.ts';
import { type FunctionRef, type FunctionState, refKey } from '../../provider/provider.ts';
import type { CallFailure } from '../../provider/wire/status.ts';
import { FunctionMetrics } from '../metrics/function-metrics.ts';
import { type CallRules, callRules } from './call-rules.ts';
import type { Waiter } from './waiting-room.ts';

/** A ready replica, and what the choice between replicas goes by. */
export class Replica {
  readonly id: string;
  readonly upstream: Upstream;
  /** Calls being relayed to it by this gateway. */
  inFlight = 0;
  /** Skipped until then, in milliseconds of performance.now(), while there are others: it failed to connect. */
  quarantinedUntil = 0;

  constructor(id: string, upstream: Upstream) {
    this.id = id;
    this.upstream = upstream;
  }
}

/** Replicas that share a part of a function's calls. Today a function has one; versions and canaries will add more. */
export interface Target {
  /** Its part of the sum of all weights. */
  readonly weight: number;
  readonly replicas: readonly Replica[];
}

/** All that a call needs to know of a function; the same object as long as the function is deployed. */
export class FunctionEntry {
  readonly ref: FunctionRef;
  /** `name.namespace`. */
  readonly key: string;
  readonly metrics = new FunctionMetrics();
  /** Calls that wait for a ready replica, oldest first. */
  readonly waiters = new Set<Waiter>();
  targets: readonly Target[] = [];
  /** Of the current revision's labels, so that no call has to read them. */
  rules: CallRules;
  /** The latest failure that a watchdog reported in answer to a call of the current revision. */
  lastFailure: CallFailure | undefined;
  /** A request to the provider for a replica is under way. */
  starting = false;
  removed = false;
  #state: FunctionState;

  constructor(ref: FunctionRef, state: FunctionState) {
    this.ref = ref;
    this.key = refKey(ref);
    this.#state = state;
    this.rules = callRules(state.spec.labels);
  }

  get state(): FunctionState {
    return this.#state;
  }

  set state(state: FunctionState) {
    if (state.spec !== this.#state.spec) this.rules = callRules(state.spec.labels);
    this.#state = state;
  }
}
