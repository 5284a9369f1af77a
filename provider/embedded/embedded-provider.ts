import { setImmediate as nextTurn } from 'node:timers/promises';
import { EndedReplicas } from '../ended-replicas.ts';
import type {
  BundleStore,
  FunctionRef,
  FunctionSpec,
  FunctionStatus,
  LogMessage,
  LogQuery,
  NamespaceInfo,
  Provider,
  ProviderInfo,
  ReplicaFailure,
  Secret,
  StateObserver,
  WarmPoolReport,
} from '../provider.ts';
import { secretInUse } from '../refusals.ts';
import { BundleFolders } from './bundles/bundle-folders.ts';
import { DataFolder, ownerOf } from './data-folder.ts';
import type { Engine } from './engine.ts';
import { FunctionRegistry } from './functions/function-registry.ts';
import { Cgroups } from './limits/cgroups.ts';
import { ResidentWatch } from './limits/resident-watch.ts';
import { readLogs } from './logs/function-logs.ts';
import { NamespaceStore } from './namespace-store.ts';
import { DEFAULT_LIMITS, type EmbeddedOptions } from './options.ts';
import { WarmPool } from './pool/warm-pool.ts';
import { MarkedProcesses } from './processes/marked-processes.ts';
import { AdoptedProcesses } from './replicas/adopted-processes.ts';
import type { HandedOver } from './replicas/recover-replicas.ts';
import { searchPath } from './search-path.ts';
import { SecretStore } from './secret-store.ts';
import { State } from './state.ts';
import { usageOf } from './usage.ts';

/**
 * Opens the engine on its data folder: recorded functions are back, replicas of a gateway that was killed are adopted
 * or ended, missing ones are started.
 *
 * @throws FaasError `invalid_request` when the folder cannot be used; the message says why and what to do
 */
export async function createEmbeddedProvider(options: EmbeddedOptions): Promise<EmbeddedProvider> {
  const folder = new DataFolder(options);
  const state = await State.open(folder.stateFile);
  try {
    const provider = new EmbeddedProvider(options, folder, state, {
      bundles: await BundleFolders.open(folder, state, { ...DEFAULT_LIMITS, ...options.limits }),
      secrets: await SecretStore.open(state, folder),
      namespaces: await NamespaceStore.open(state),
    });
    await provider.recover(options.handedOver);
    return provider;
  } catch (error) {
    await state.close();
    throw error;
  }
}

interface Stores {
  readonly bundles: BundleFolders;
  readonly secrets: SecretStore;
  readonly namespaces: NamespaceStore;
}

/** Functions as local processes: one watchdog for each replica, on a Unix socket. */
export class EmbeddedProvider implements Provider {
  readonly info: ProviderInfo = { name: 'dunlin-embedded', orchestration: 'embedded' };
  readonly bundles: BundleStore;
  readonly warmPool: WarmPoolReport;
  readonly #engine: Engine;
  readonly #stores: Stores;
  readonly #functions: FunctionRegistry;
  readonly #background = new Set<Promise<unknown>>();
  readonly #closing = new AbortController();
  #order = 0;
  #detached = false;
  #closed: Promise<void> | undefined;

  /** Use {@link createEmbeddedProvider}. */
  constructor(options: EmbeddedOptions, folder: DataFolder, state: State, stores: Stores) {
    const { environment, log } = options;
    const { LANG: lang, TZ: timeZone } = environment;
    const path = searchPath(folder.bin, environment.PATH ?? '', folder.isolated);
    const machine = { path, ...(lang && { lang }), ...(timeZone && { timeZone }) };
    const limits = { ...DEFAULT_LIMITS, ...options.limits };
    const cgroups = new Cgroups(options.cgroupRoot ?? '/sys/fs/cgroup', folder.root);
    this.#stores = stores;
    this.#engine = {
      folder,
      state,
      log,
      bundles: stores.bundles,
      cgroups,
      resident: new ResidentWatch(),
      processes: new MarkedProcesses(folder.root),
      adopted: new AdoptedProcesses(),
      ended: new EndedReplicas(),
      pool: new WarmPool({
        folder,
        cgroups,
        machine,
        most: limits.warmPool,
        startTimeoutMs: limits.startTimeoutMs,
        log,
        need: () => this.#functions.poolNeed(),
      }),
      machine,
      limits,
      changed: (changed) => this.#functions.tell(changed),
      replicaGone: (of) => this.#inBackground(this.#functions.tidy(of)),
      nextOrder: () => ++this.#order,
      inBackground: (work) => this.#inBackground(work),
    };
    this.warmPool = this.#engine.pool;
    this.#functions = new FunctionRegistry(this.#engine, stores.secrets, stores.namespaces);
    this.bundles = {
      put: async (ref, tar, signal) => {
        await stores.bundles.put(ref, tar, signal);
        await this.#functions.removeUnusedBundles();
      },
      tag: async (ref) => {
        await stores.bundles.tag(ref);
        await this.#functions.removeUnusedBundles();
      },
      list: () => stores.bundles.list(),
    };
    if (!folder.isolated)
      log(
        'Functions run as the same user as the gateway and can read its files and each other; started as root, it gives each a user of its own',
      );
  }

  /** Part of {@link createEmbeddedProvider}. */
  recover(handedOver?: HandedOver): Promise<void> {
    return this.#functions.recover(handedOver);
  }

  deploy(spec: FunctionSpec, signal: AbortSignal): Promise<void> {
    return this.#functions.deploy(spec, signal);
  }
  update(spec: FunctionSpec, signal: AbortSignal): Promise<void> {
    return this.#functions.update(spec, signal);
  }
  remove(ref: FunctionRef, signal: AbortSignal): Promise<void> {
    return this.#functions.remove(ref, signal);
  }
  async scale(ref: FunctionRef, replicas: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    await this.#functions.scale(ref, replicas);
  }

  async list(namespace: string, signal: AbortSignal): Promise<readonly FunctionStatus[]> {
    signal.throwIfAborted();
    this.#stores.namespaces.require(namespace);
    return this.#functions.in(namespace).map((listed) => listed.status());
  }

  async describe(ref: FunctionRef, options: { usage: boolean }, signal: AbortSignal): Promise<FunctionStatus> {
    signal.throwIfAborted();
    const described = this.#functions.require(ref);
    return described.status(options.usage ? await usageOf(described.replicas) : undefined);
  }

  watch(observer: StateObserver): () => void {
    return this.#functions.watch(observer);
  }

  async explain(ref: FunctionRef, replica: string, signal: AbortSignal): Promise<ReplicaFailure | undefined> {
    const { ended, adopted } = this.#engine;
    // The connection may be cut before the process is seen to have ended, by a turn of the loop at least.
    await nextTurn();
    const known = ended.get(replica);
    if (known || !this.#functions.find(ref)?.replicas.some(({ id }) => id === replica)) return known;
    const waiting = new AbortController();
    const until = AbortSignal.any([signal, waiting.signal, this.#closing.signal]);
    try {
      const end = ended.next(replica, until);
      adopted.hurry(until);
      return await end;
    } finally {
      waiting.abort();
    }
  }

  async *logs(query: LogQuery, signal: AbortSignal): AsyncGenerator<LogMessage> {
    const { ref, record, ended } = this.#functions.require(query);
    this.#engine.folder.makeFunction(ref, ownerOf(record));
    yield* readLogs(this.#engine.folder.logsOf(ref), query, AbortSignal.any([signal, ended]));
  }

  async listSecrets(namespace: string, signal: AbortSignal): Promise<readonly FunctionRef[]> {
    signal.throwIfAborted();
    this.#stores.namespaces.require(namespace);
    return this.#stores.secrets.list(namespace);
  }
  async createSecret(secret: Secret, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    this.#stores.namespaces.require(secret.namespace);
    await this.#stores.secrets.create(secret);
  }
  async updateSecret(secret: Secret, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    await this.#stores.secrets.update(secret);
    for (const { record } of this.#functions.usersOf(secret))
      await this.#stores.secrets.copyTo(record.spec, ownerOf(record));
  }
  async removeSecret(ref: FunctionRef, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const [user] = this.#functions.usersOf(ref);
    if (user) throw secretInUse(ref, user.ref.name);
    await this.#stores.secrets.remove(ref);
  }

  async listNamespaces(signal: AbortSignal): Promise<readonly NamespaceInfo[]> {
    signal.throwIfAborted();
    return this.#stores.namespaces.list();
  }
  async createNamespace(namespace: NamespaceInfo, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    await this.#stores.namespaces.create(namespace);
  }
  async updateNamespace(namespace: NamespaceInfo, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    await this.#stores.namespaces.update(namespace);
  }
  async removeNamespace(name: string, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const functions = this.#functions.in(name).map(({ ref }) => ref.name);
    await this.#stores.namespaces.remove(name, functions);
    this.#stores.secrets.forgetNamespace(name);
  }

  async detach(): Promise<HandedOver> {
    const handedOver = await this.#functions.letGo();
    this.#detached = true;
    await this.#engine.pool.close();
    await this.#settled();
    await this.#engine.state.close();
    return handedOver;
  }

  close(): Promise<void> {
    return (this.#closed ??= this.#end());
  }
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #end(): Promise<void> {
    this.#closing.abort();
    if (this.#detached) {
      this.#engine.adopted.close();
      return;
    }
    await Promise.all([this.#functions.end(), this.#engine.pool.close()]);
    await this.#settled();
    this.#engine.adopted.close();
    this.#engine.cgroups.close();
    await this.#engine.state.close();
  }

  async #settled(): Promise<void> {
    while (this.#background.size > 0) await Promise.allSettled(this.#background);
  }

  #inBackground(work: Promise<unknown>): void {
    const watched = work
      .catch((error: Error) => this.#engine.log(`The embedded engine failed: ${error.message}`))
      .finally(() => this.#background.delete(watched));
    this.#background.add(watched);
  }
}
