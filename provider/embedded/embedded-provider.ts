import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { FaasError } from '../../common/errors.ts';
import { initialReplicas, LABEL_MIN } from '../labels.ts';
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
  type StateObserver,
} from '../provider.ts';
import { BundleFolders } from './bundles/bundle-folders.ts';
import { DataFolder } from './data-folder.ts';
import type { Engine } from './engine.ts';
import { checkVariables } from './environment.ts';
import { ManagedFunction } from './functions/managed-function.ts';
import { KeyedTurns } from './keyed-turns.ts';
import { Cgroups } from './limits/cgroups.ts';
import { ResidentWatch } from './limits/resident-watch.ts';
import { pruneLogs, readLogs } from './logs/function-logs.ts';
import { NamespaceStore } from './namespace-store.ts';
import { DEFAULT_LIMITS, type EmbeddedOptions } from './options.ts';
import { MarkedProcesses } from './processes/marked-processes.ts';
import { replicaLimits } from './quantities.ts';
import { AdoptedProcesses } from './replicas/adopted-processes.ts';
import { EndedReplicas } from './replicas/ended-replicas.ts';
import { recoverReplicas } from './replicas/recover-replicas.ts';
import { removeTree } from './replicas/remove-tree.ts';
import { ownerOf } from './replicas/replica.ts';
import { searchPath } from './search-path.ts';
import { SecretStore } from './secret-store.ts';
import { type FunctionRecord, State } from './state.ts';
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
  const provider = new EmbeddedProvider(options, folder, state, {
    bundles: await BundleFolders.open(folder, state, { ...DEFAULT_LIMITS, ...options.limits }),
    secrets: await SecretStore.open(state, folder),
    namespaces: await NamespaceStore.open(state),
  });
  await provider.recover();
  return provider;
}

interface Stores {
  readonly bundles: BundleFolders;
  readonly secrets: SecretStore;
  readonly namespaces: NamespaceStore;
}

/** Functions as local processes: one watchdog for each replica, on a Unix socket. DESIGN section 5. */
export class EmbeddedProvider implements Provider {
  readonly info: ProviderInfo = { name: 'dunlin-embedded', orchestration: 'embedded' };
  readonly bundles: BundleStore;
  readonly #engine: Engine;
  readonly #stores: Stores;
  readonly #functions = new Map<string, ManagedFunction>();
  readonly #observers = new Set<StateObserver>();
  readonly #turns = new KeyedTurns();
  readonly #background = new Set<Promise<unknown>>();
  readonly #closing = new AbortController();
  #order = 0;
  #closed: Promise<void> | undefined;

  /** Use {@link createEmbeddedProvider}. */
  constructor(options: EmbeddedOptions, folder: DataFolder, state: State, stores: Stores) {
    this.#stores = stores;
    const { environment, log } = options;
    const { LANG: lang, TZ: timeZone } = environment;
    const path = searchPath(folder.bin, environment.PATH ?? '', folder.isolated);
    this.#engine = {
      folder,
      state,
      log,
      bundles: stores.bundles,
      cgroups: new Cgroups(options.cgroupRoot ?? '/sys/fs/cgroup', folder.root),
      resident: new ResidentWatch(),
      processes: new MarkedProcesses(folder.root),
      adopted: new AdoptedProcesses(),
      ended: new EndedReplicas(),
      machine: { path, ...(lang && { lang }), ...(timeZone && { timeZone }) },
      limits: { ...DEFAULT_LIMITS, ...options.limits },
      changed: (changed) => this.#tell(changed),
      replicaGone: (of) => this.#inBackground(this.#tidy(of)),
      nextOrder: () => ++this.#order,
      inBackground: (work) => this.#inBackground(work),
    };
    this.bundles = {
      put: async (ref, tar, signal) => {
        await stores.bundles.put(ref, tar, signal);
        await this.#removeUnusedBundles();
      },
      tag: async (ref) => {
        await stores.bundles.tag(ref);
        await this.#removeUnusedBundles();
      },
      list: () => stores.bundles.list(),
    };
    if (!folder.isolated)
      log(
        'Functions run as the same user as the gateway: they can read its files and each other (start it as root to keep them apart)',
      );
  }

  /** Part of {@link createEmbeddedProvider}. */
  async recover(): Promise<void> {
    for (const record of await this.#engine.state.functions()) {
      const recovered = new ManagedFunction(this.#engine, record);
      this.#functions.set(refKey(record.spec), recovered);
    }
    await recoverReplicas(this.#engine, (ref) => this.#functions.get(refKey(ref)));
    await this.#removeLeftFunctions();
    await this.#removeUnusedBundles();
    for (const recovered of this.#functions.values()) {
      const { spec, replicas } = recovered.record;
      // A killed gateway may have stored a new value without copying it.
      if (spec.secrets?.length || replicas > 0) await this.#prepare(recovered.record);
      recovered.reconcile();
    }
  }

  async deploy(spec: FunctionSpec, signal: AbortSignal): Promise<void> {
    this.#check(spec, signal);
    await this.#turns.run(refKey(spec), signal, async () => {
      if (this.#functions.has(refKey(spec)))
        throw new FaasError(
          'function_exists',
          `Function "${spec.name}" is already in namespace "${spec.namespace}"; update it instead`,
        );
      const digest = this.#resolveBundle(spec);
      const release = this.#stores.bundles.hold(digest);
      try {
        const uid = this.#engine.folder.isolated ? { uid: await this.#newUid() } : {};
        const replicas = initialReplicas(spec.labels);
        const record = { spec, digest, revision: 1, replicas, createdAt: new Date(), ...uid };
        await this.#prepare(record);
        this.#check(spec, signal);
        await this.#engine.state.putFunction(record);
        const deployed = new ManagedFunction(this.#engine, record);
        this.#functions.set(refKey(spec), deployed);
        deployed.reconcile();
        this.#tell(deployed);
      } finally {
        release();
      }
    });
  }

  async update(spec: FunctionSpec, signal: AbortSignal): Promise<void> {
    this.#require(spec);
    this.#check(spec, signal);
    await this.#turns.run(refKey(spec), signal, async () => {
      const updated = this.#require(spec);
      const digest = this.#resolveBundle(spec);
      const release = this.#stores.bundles.hold(digest);
      try {
        const same = digest === updated.record.digest && JSON.stringify(spec) === JSON.stringify(updated.record.spec);
        await this.#prepare({ ...updated.record, spec });
        this.#check(spec, signal);
        // Read after the last wait: scaling takes no turns.
        const { revision, replicas, ...kept } = updated.record;
        const minimum = spec.labels[LABEL_MIN] === undefined ? 0 : initialReplicas(spec.labels);
        const next = { revision: same ? revision : revision + 1, replicas: Math.max(replicas, minimum) };
        const record: FunctionRecord = { ...kept, ...next, spec, digest };
        await this.#engine.state.putFunction(record);
        updated.change({ ...record, replicas: Math.max(updated.record.replicas, minimum) });
        if (!updated.rolling) await this.#stores.secrets.prune(spec);
      } finally {
        release();
      }
    });
    await this.#removeUnusedBundles();
  }

  async remove(ref: FunctionRef, signal: AbortSignal): Promise<void> {
    this.#require(ref);
    signal.throwIfAborted();
    const { folder, state } = this.#engine;
    const removal = this.#turns.run(refKey(ref), signal, async () => {
      const removed = this.#require(ref);
      const holds = [removed.record, ...removed.replicas].map(({ digest }) => this.#stores.bundles.hold(digest));
      await state.removeFunction(ref);
      this.#functions.delete(refKey(ref));
      for (const observer of this.#observers) observer(removed.ref, undefined);
      await removed.end();
      for (const release of holds) release();
      await removeTree(folder.logsOf(ref), ownerOf(removed.record));
      await rm(folder.of(ref), { recursive: true, force: true });
      await this.#removeUnusedBundles();
    });
    // It goes on when nobody waits any more.
    this.#inBackground(removal.catch(() => {}));
    await orAborted(removal, signal);
  }

  async scale(ref: FunctionRef, replicas: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const scaled = this.#require(ref);
    if (!Number.isSafeInteger(replicas) || replicas < 0)
      throw new FaasError('invalid_request', `replicas must be a whole number, 0 or more, got ${replicas}`);
    // Started first, committed meanwhile: a cold start does not wait for a disk.
    if (replicas !== scaled.record.replicas) scaled.change({ ...scaled.record, replicas });
    await this.#engine.state.setReplicas(scaled.ref, replicas);
  }

  async list(namespace: string, signal: AbortSignal): Promise<readonly FunctionStatus[]> {
    signal.throwIfAborted();
    this.#stores.namespaces.require(namespace);
    return this.#in(namespace).map((listed) => listed.status());
  }

  async describe(ref: FunctionRef, options: { usage: boolean }, signal: AbortSignal): Promise<FunctionStatus> {
    signal.throwIfAborted();
    const described = this.#require(ref);
    return described.status(options.usage ? await usageOf(described.replicas) : undefined);
  }

  watch(observer: StateObserver): () => void {
    this.#observers.add(observer);
    for (const watched of this.#functions.values()) observer(watched.ref, watched.state);
    return () => this.#observers.delete(observer);
  }

  async explain(ref: FunctionRef, replica: string, signal: AbortSignal): Promise<ReplicaFailure | undefined> {
    const { ended, adopted } = this.#engine;
    // The connection may be cut before the process is seen to have ended, by a turn of the loop at least.
    await nextTurn();
    const known = ended.get(replica);
    if (known || !this.#functions.get(refKey(ref))?.replicas.some(({ id }) => id === replica)) return known;
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
    const { ref, record, ended } = this.#require(query);
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
    for (const { record } of this.#usersOf(secret)) await this.#stores.secrets.copyTo(record.spec, ownerOf(record));
  }
  async removeSecret(ref: FunctionRef, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    this.#stores.secrets.require(ref);
    const [user] = this.#usersOf(ref);
    if (user)
      throw new FaasError(
        'invalid_request',
        `Secret "${ref.name}" is used by function "${user.ref.name}"; remove or update that first`,
      );
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
    await this.#stores.namespaces.remove(
      name,
      this.#in(name).map(({ ref }) => ref.name),
    );
    this.#stores.secrets.forgetNamespace(name);
  }

  close(): Promise<void> {
    return (this.#closed ??= this.#end());
  }
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #end(): Promise<void> {
    this.#closing.abort();
    await Promise.all([...this.#functions.values()].map((ending) => ending.end()));
    while (this.#background.size > 0) await Promise.allSettled(this.#background);
    this.#observers.clear();
    this.#engine.adopted.close();
    this.#engine.cgroups.close();
    await this.#engine.state.close();
  }

  /** What must hold for a spec to be taken; asked again after each wait. */
  #check(spec: FunctionSpec, signal: AbortSignal): void {
    signal.throwIfAborted();
    if (this.#closed) throw new FaasError('provider_unavailable', 'The engine is being stopped');
    this.#stores.namespaces.require(spec.namespace);
    replicaLimits(spec);
    checkVariables('envVars', spec.envVars ?? {});
    for (const name of spec.secrets ?? []) this.#stores.secrets.require({ name, namespace: spec.namespace });
  }

  /** @throws FaasError `bundle_not_found` */
  #resolveBundle(spec: FunctionSpec): string {
    const digest = this.#stores.bundles.resolve(spec.image);
    this.#stores.bundles.manifest(digest);
    return digest;
  }

  /** Folders and secrets, before anything starts. */
  async #prepare(record: FunctionRecord): Promise<void> {
    const owner = ownerOf(record);
    this.#engine.folder.makeFunction(record.spec, owner);
    await this.#stores.secrets.copyTo(record.spec, owner);
  }

  /** Goes on upwards, so that what an earlier function left somewhere does not soon become a later one's. */
  async #newUid(): Promise<number> {
    const { firstUid, uids } = this.#engine.limits;
    const used = new Set([...this.#functions.values()].map(({ record }) => record.uid));
    for (;;) {
      const uid = firstUid + ((await this.#engine.state.nextNumber('uid', 0)) % uids);
      if (!used.has(uid)) return uid;
      if (used.size >= uids) throw new FaasError('not_supported', `All ${uids} user ids for functions are taken`);
    }
  }

  /** Folders of functions whose removal a kill cut short. */
  async #removeLeftFunctions(): Promise<void> {
    const { functions } = this.#engine.folder;
    for (const name of await readdir(functions))
      if (!this.#functions.has(name)) await rm(join(functions, name), { recursive: true, force: true });
  }

  #require(ref: FunctionRef): ManagedFunction {
    const found = this.#functions.get(refKey(ref));
    if (found) return found;
    throw new FaasError('function_not_found', `There is no function "${ref.name}" in namespace "${ref.namespace}"`);
  }

  #in(namespace: string): ManagedFunction[] {
    return [...this.#functions.values()]
      .filter(({ ref }) => ref.namespace === namespace)
      .sort((a, b) => (a.ref.name < b.ref.name ? -1 : 1));
  }

  #usersOf(secret: FunctionRef): ManagedFunction[] {
    return this.#in(secret.namespace).filter(({ record }) => record.spec.secrets?.includes(secret.name));
  }

  #tell(changed: ManagedFunction): void {
    // One that is removed, or not yet accepted, is nobody's business.
    if (this.#functions.get(refKey(changed.ref)) !== changed) return;
    for (const observer of this.#observers) observer(changed.ref, changed.state);
  }

  async #tidy(of: ManagedFunction): Promise<void> {
    if (this.#functions.get(refKey(of.ref)) !== of) return;
    const { folder, limits } = this.#engine;
    await pruneLogs(folder.logsOf(of.ref), (id) => of.replicas.some((replica) => replica.id === id), limits.endedLogs);
    if (!of.rolling) await this.#stores.secrets.prune(of.record.spec);
    await this.#removeUnusedBundles();
  }

  #removeUnusedBundles(): Promise<void> {
    const all = () => [...this.#functions.values()];
    return this.#stores.bundles.removeUnused(
      () => new Set(all().flatMap(({ record, replicas }) => [record.digest, ...replicas.map(({ digest }) => digest)])),
    );
  }

  #inBackground(work: Promise<unknown>): void {
    const watched = work
      .catch((error: Error) => this.#engine.log(`The embedded engine failed: ${error.message}`))
      .finally(() => this.#background.delete(watched));
    this.#background.add(watched);
  }
}

/** Rejects with the signal's reason once it aborts; the work goes on. */
async function orAborted(work: Promise<void>, signal: AbortSignal): Promise<void> {
  const { promise, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
