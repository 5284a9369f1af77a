import { type Address, Upstream } from '../../common/http/upstream.ts';
import {
  DEFAULT_NAMESPACE,
  type FunctionRef,
  type FunctionState,
  type Provider,
  refKey,
} from '../../provider/provider.ts';
import { FunctionEntry, Replica } from './function-entry.ts';

export interface RouteTableOptions {
  readonly maxIdleSockets: number;
  /** Told after each change of a function, its entry's state being new; also once it is removed. */
  onChange(entry: FunctionEntry): void;
}

/**
 * Function entries by the names that a call may use, kept fresh by the provider's watch. Looking up does no I/O and
 * makes no string: an entry of the default namespace stands under `name` and under `name.namespace`.
 */
export class RouteTable {
  readonly #options: RouteTableOptions;
  readonly #byName = new Map<string, FunctionEntry>();
  readonly #byKey = new Map<string, FunctionEntry>();
  #stopWatching: (() => void) | undefined;

  constructor(options: RouteTableOptions) {
    this.#options = options;
  }

  /** Fills the table and keeps it fresh until {@link close}. */
  watch(provider: Pick<Provider, 'watch'>): void {
    this.#stopWatching = provider.watch((ref, state) => this.#observe(ref, state));
  }

  /** @param name as in the path of a call: `figlet` or `figlet.openfaas-fn` */
  lookup(name: string): FunctionEntry | undefined {
    return this.#byName.get(name);
  }

  find(ref: FunctionRef): FunctionEntry | undefined {
    return this.#byKey.get(refKey(ref));
  }

  /** @param key `name.namespace` */
  byKey(key: string): FunctionEntry | undefined {
    return this.#byKey.get(key);
  }

  get size(): number {
    return this.#byKey.size;
  }

  entries(): IterableIterator<FunctionEntry> {
    return this.#byKey.values();
  }

  /** Ends the watch and all idle connections; the last table stays. Idempotent. */
  close(): void {
    this.#stopWatching?.();
    this.#stopWatching = undefined;
    for (const entry of this.#byKey.values())
      for (const target of entry.targets) for (const replica of target.replicas) replica.upstream.close();
  }

  #observe(ref: FunctionRef, state: FunctionState | undefined): void {
    const key = refKey(ref);
    const known = this.#byKey.get(key);
    if (state === undefined) {
      if (known !== undefined) this.#remove(known);
    } else if (known === undefined) this.#add(new FunctionEntry(ref, state));
    else this.#update(known, state);
  }

  #add(entry: FunctionEntry): void {
    this.#byKey.set(entry.key, entry);
    this.#byName.set(entry.key, entry);
    if (entry.ref.namespace === DEFAULT_NAMESPACE) this.#byName.set(entry.ref.name, entry);
    this.#update(entry, entry.state);
  }

  #update(entry: FunctionEntry, state: FunctionState): void {
    if (state.spec !== entry.state.spec) entry.lastFailure = undefined;
    entry.state = state;
    this.#setReplicas(entry, state);
    this.#options.onChange(entry);
  }

  #remove(entry: FunctionEntry): void {
    this.#byKey.delete(entry.key);
    this.#byName.delete(entry.key);
    if (entry.ref.namespace === DEFAULT_NAMESPACE) this.#byName.delete(entry.ref.name);
    entry.removed = true;
    this.#setReplicas(entry, { ...entry.state, ready: [] });
    this.#options.onChange(entry);
  }

  /** A replica keeps its object, and so its connections and its load, as long as it is ready. */
  #setReplicas(entry: FunctionEntry, { ready }: FunctionState): void {
    const before = new Map(entry.targets.flatMap(({ replicas }) => replicas.map((replica) => [replica.id, replica])));
    const replicas = ready.map(({ id, address }) => {
      const kept = before.get(id);
      before.delete(id);
      return kept ?? new Replica(id, this.#connect(address));
    });
    // Calls in flight go on; each connection ends with its call.
    for (const gone of before.values()) gone.upstream.close();
    entry.targets = replicas.length === 0 ? [] : [{ weight: 1, replicas }];
  }

  #connect(address: Address): Upstream {
    return new Upstream(address, { maxIdleSockets: this.#options.maxIdleSockets });
  }
}
