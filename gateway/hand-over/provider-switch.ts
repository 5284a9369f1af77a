import {
  type BundleStore,
  type FunctionRef,
  type FunctionSpec,
  type FunctionStatus,
  type LogMessage,
  type LogQuery,
  type NamespaceInfo,
  type Provider,
  type ProviderInfo,
  type ReplicaFailure,
  refKey,
  type Secret,
  type SharedRecords,
  type StateObserver,
  type WarmPoolReport,
} from '../../provider/provider.ts';

/**
 * The provider that the gateway works with, which can be let go of and replaced under it: when a hand-over fails after
 * the state was given away, a provider opened anew goes on.
 */
export class ProviderSwitch implements Provider {
  #current: Provider;
  /** While nobody here may change anything. */
  #next: PromiseWithResolvers<Provider> | undefined;
  readonly #watches = new Set<Watch>();
  /** Under way; none of them outlives {@link detach}. */
  readonly #scaling = new Set<Promise<void>>();

  constructor(provider: Provider) {
    this.#current = provider;
  }

  /**
   * What the next provider is given; from now on changes wait for {@link replace}.
   *
   * @throws Error of the provider that does not let go now; it goes on
   */
  async detach(): Promise<unknown> {
    // First of all: a provider that lets go refuses to scale.
    this.#next = Promise.withResolvers();
    this.#next.promise.catch(() => undefined);
    try {
      await Promise.allSettled(this.#scaling);
      return await this.#current.detach?.();
    } catch (error) {
      this.#next.resolve(this.#current);
      this.#next = undefined;
      throw error;
    }
  }

  /** Goes on with another provider, once the one before let go. */
  async replace(provider: Provider): Promise<void> {
    const before = this.#current;
    this.#current = provider;
    for (const watch of this.#watches) watch.follow(provider);
    this.#next?.resolve(provider);
    this.#next = undefined;
    await before.close();
  }

  /** What waits to change something gets this error. */
  giveUp(error: Error): void {
    this.#next?.reject(error);
  }

  get info(): ProviderInfo {
    return this.#current.info;
  }
  get bundles(): BundleStore | undefined {
    return this.#current.bundles;
  }
  get records(): SharedRecords | undefined {
    return this.#current.records;
  }
  get warmPool(): WarmPoolReport | undefined {
    return this.#current.warmPool;
  }

  deploy(spec: FunctionSpec, signal: AbortSignal): Promise<void> {
    return this.#current.deploy(spec, signal);
  }
  update(spec: FunctionSpec, signal: AbortSignal): Promise<void> {
    return this.#current.update(spec, signal);
  }
  remove(ref: FunctionRef, signal: AbortSignal): Promise<void> {
    return this.#current.remove(ref, signal);
  }
  /** Calls ask for this at any time; all other changes come by the API, which is held meanwhile. */
  async scale(ref: FunctionRef, replicas: number, signal: AbortSignal): Promise<void> {
    const provider = this.#next ? await this.#next.promise : this.#current;
    const scaling = provider.scale(ref, replicas, signal);
    this.#scaling.add(scaling);
    try {
      await scaling;
    } finally {
      this.#scaling.delete(scaling);
    }
  }
  list(namespace: string, signal: AbortSignal): Promise<readonly FunctionStatus[]> {
    return this.#current.list(namespace, signal);
  }
  describe(ref: FunctionRef, options: { readonly usage: boolean }, signal: AbortSignal): Promise<FunctionStatus> {
    return this.#current.describe(ref, options, signal);
  }
  explain(ref: FunctionRef, replica: string, signal: AbortSignal): Promise<ReplicaFailure | undefined> {
    return this.#current.explain(ref, replica, signal);
  }
  logs(query: LogQuery, signal: AbortSignal): AsyncIterable<LogMessage> {
    return this.#current.logs(query, signal);
  }

  watch(observer: StateObserver): () => void {
    const watch = new Watch(observer);
    this.#watches.add(watch);
    watch.follow(this.#current);
    return () => {
      this.#watches.delete(watch);
      watch.end();
    };
  }

  listSecrets(namespace: string, signal: AbortSignal): Promise<readonly FunctionRef[]> {
    return this.#current.listSecrets(namespace, signal);
  }
  createSecret(secret: Secret, signal: AbortSignal): Promise<void> {
    return this.#current.createSecret(secret, signal);
  }
  updateSecret(secret: Secret, signal: AbortSignal): Promise<void> {
    return this.#current.updateSecret(secret, signal);
  }
  removeSecret(ref: FunctionRef, signal: AbortSignal): Promise<void> {
    return this.#current.removeSecret(ref, signal);
  }
  listNamespaces(signal: AbortSignal): Promise<readonly NamespaceInfo[]> {
    return this.#current.listNamespaces(signal);
  }
  createNamespace(namespace: NamespaceInfo, signal: AbortSignal): Promise<void> {
    return this.#current.createNamespace(namespace, signal);
  }
  updateNamespace(namespace: NamespaceInfo, signal: AbortSignal): Promise<void> {
    return this.#current.updateNamespace(namespace, signal);
  }
  removeNamespace(name: string, signal: AbortSignal): Promise<void> {
    return this.#current.removeNamespace(name, signal);
  }

  close(): Promise<void> {
    return this.#current.close();
  }
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** One observer, whichever provider it is that tells it. */
class Watch {
  readonly #observer: StateObserver;
  #known = new Map<string, FunctionRef>();
  #stop: (() => void) | undefined;

  constructor(observer: StateObserver) {
    this.#observer = observer;
  }

  follow(provider: Provider): void {
    this.#stop?.();
    const before = this.#known;
    this.#known = new Map();
    this.#stop = provider.watch((ref, state) => {
      if (state) this.#known.set(refKey(ref), ref);
      else this.#known.delete(refKey(ref));
      this.#observer(ref, state);
    });
    for (const [key, ref] of before) if (!this.#known.has(key)) this.#observer(ref, undefined);
  }

  end(): void {
    this.#stop?.();
  }
}
