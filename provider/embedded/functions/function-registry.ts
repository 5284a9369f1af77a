import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { FaasError } from '../../../common/errors.ts';
import { initialReplicas, LABEL_MIN } from '../../labels.ts';
import { type FunctionRef, type FunctionSpec, refKey, type StateObserver } from '../../provider.ts';
import { replicaLimits } from '../../quantities.ts';
import { checkReplicas, functionExists, functionNotFound } from '../../refusals.ts';
import { ownerOf } from '../data-folder.ts';
import type { Engine } from '../engine.ts';
import { checkVariables } from '../environment.ts';
import { KeyedTurns } from '../keyed-turns.ts';
import { pruneLogs } from '../logs/function-logs.ts';
import type { NamespaceStore } from '../namespace-store.ts';
import { orAborted } from '../or-aborted.ts';
import type { PoolNeed } from '../pool/poolable.ts';
import { type HandedOver, recoverReplicas } from '../replicas/recover-replicas.ts';
import { removeTree } from '../replicas/remove-tree.ts';
import type { SecretStore } from '../secret-store.ts';
import type { FunctionRecord } from '../state.ts';
import { ManagedFunction } from './managed-function.ts';

/** The functions there are: accepts, changes and removes them, each change durable before it is confirmed. */
export class FunctionRegistry {
  readonly #engine: Engine;
  readonly #secrets: SecretStore;
  readonly #namespaces: NamespaceStore;
  readonly #functions = new Map<string, ManagedFunction>();
  readonly #observers = new Set<StateObserver>();
  readonly #turns = new KeyedTurns();
  /** Removed ones whose replicas still drain. */
  readonly #leaving = new Set<ManagedFunction>();
  #ending = false;

  constructor(engine: Engine, secrets: SecretStore, namespaces: NamespaceStore) {
    this.#engine = engine;
    this.#secrets = secrets;
    this.#namespaces = namespaces;
  }

  find(ref: FunctionRef): ManagedFunction | undefined {
    return this.#functions.get(refKey(ref));
  }

  /** @throws FaasError `function_not_found` */
  require(ref: FunctionRef): ManagedFunction {
    const found = this.find(ref);
    if (found) return found;
    throw functionNotFound(ref);
  }

  /** Sorted by name. */
  in(namespace: string): ManagedFunction[] {
    return [...this.#functions.values()]
      .filter(({ ref }) => ref.namespace === namespace)
      .sort((a, b) => (a.ref.name < b.ref.name ? -1 : 1));
  }

  usersOf(secret: FunctionRef): ManagedFunction[] {
    return this.in(secret.namespace).filter(({ record }) => record.spec.secrets?.includes(secret.name));
  }

  /** The most that a function needs of the pool. */
  poolNeed(): PoolNeed {
    const needs = new Set(this.#functions.values().map(({ poolNeed }) => poolNeed));
    return needs.has('limited') ? 'limited' : needs.has('plain') ? 'plain' : 'none';
  }

  watch(observer: StateObserver): () => void {
    this.#observers.add(observer);
    for (const watched of this.#functions.values()) observer(watched.ref, watched.state);
    return () => this.#observers.delete(observer);
  }

  /** What was recorded is there again, and its replicas, adopted or new. */
  async recover(handedOver?: HandedOver): Promise<void> {
    for (const record of await this.#engine.state.functions())
      this.#functions.set(refKey(record.spec), new ManagedFunction(this.#engine, record));
    await recoverReplicas(this.#engine, (ref) => this.find(ref), handedOver);
    await this.#removeLeftFolders();
    await this.removeUnusedBundles();
    this.#engine.pool.adjust();
    for (const recovered of this.#functions.values()) {
      const { spec, replicas } = recovered.record;
      // A killed gateway may have stored a new secret's value without copying it.
      if (spec.secrets?.length || replicas > 0) await this.#prepare(recovered.record);
      recovered.reconcile();
    }
  }

  async deploy(spec: FunctionSpec, signal: AbortSignal): Promise<void> {
    this.#check(spec, signal);
    await this.#turns.run(refKey(spec), signal, async () => {
      await this.#withBundle(spec, async (digest) => {
        // After the bundle: who creates because the update was a 404 is to hear of the bundle, not of the function.
        if (this.find(spec)) throw functionExists(spec);
        const uid = this.#engine.folder.isolated ? { uid: await this.#newUid() } : {};
        const replicas = initialReplicas(spec.labels);
        const record = { spec, digest, revision: 1, replicas, createdAt: new Date(), ...uid };
        await this.#prepare(record);
        this.#check(spec, signal);
        await this.#engine.state.putFunction(record);
        const deployed = new ManagedFunction(this.#engine, record);
        this.#functions.set(refKey(spec), deployed);
        this.#engine.pool.adjust();
        deployed.reconcile();
        this.tell(deployed);
      });
    });
  }

  async update(spec: FunctionSpec, signal: AbortSignal): Promise<void> {
    this.require(spec);
    this.#check(spec, signal);
    await this.#turns.run(refKey(spec), signal, async () => {
      const updated = this.require(spec);
      await this.#withBundle(spec, async (digest) => {
        await this.#prepare({ ...updated.record, spec });
        this.#check(spec, signal);
        // Read after that wait: scaling takes no turns.
        const before = updated.record;
        const same = digest === before.digest && JSON.stringify(spec) === JSON.stringify(before.spec);
        const minimum = spec.labels[LABEL_MIN] === undefined ? 0 : initialReplicas(spec.labels);
        const revision = same ? before.revision : before.revision + 1;
        const record = { ...before, spec, digest, revision, replicas: Math.max(before.replicas, minimum) };
        await this.#engine.state.putFunction(record);
        updated.change({ ...record, replicas: Math.max(updated.record.replicas, minimum) });
        this.#engine.pool.adjust();
        if (same) updated.retry();
        if (!updated.rolling) await this.#secrets.prune(spec);
      });
    });
    await this.removeUnusedBundles();
  }

  async remove(ref: FunctionRef, signal: AbortSignal): Promise<void> {
    this.require(ref);
    const removal = this.#turns.run(refKey(ref), signal, async () => {
      const removed = this.require(ref);
      const holds = [removed.record, ...removed.replicas].map(({ digest }) => this.#engine.bundles.hold(digest));
      await this.#engine.state.removeFunction(ref);
      this.#functions.delete(refKey(ref));
      this.#engine.pool.adjust();
      for (const observer of this.#observers) observer(removed.ref, undefined);
      this.#leaving.add(removed);
      await removed.end();
      this.#leaving.delete(removed);
      for (const release of holds) release();
      const { folder } = this.#engine;
      await removeTree(folder.logsOf(ref), ownerOf(removed.record));
      await rm(folder.of(ref), { recursive: true, force: true });
      await this.removeUnusedBundles();
    });
    // It goes on when nobody waits any more.
    this.#engine.inBackground(removal.catch(() => {}));
    await orAborted(removal, signal);
  }

  async scale(ref: FunctionRef, replicas: number): Promise<void> {
    const scaled = this.require(ref);
    this.#checkRunning();
    checkReplicas(replicas);
    if (replicas === scaled.record.replicas) return;
    // Started first, committed meanwhile: a cold start does not wait for a disk.
    scaled.change({ ...scaled.record, replicas });
    await this.#engine.state.setReplicas(scaled.ref, replicas);
  }

  tell(changed: ManagedFunction): void {
    // One that is removed, or not yet accepted, is nobody's business.
    if (this.find(changed.ref) !== changed) return;
    for (const observer of this.#observers) observer(changed.ref, changed.state);
  }

  /** After one of its replicas has gone. */
  async tidy(of: ManagedFunction): Promise<void> {
    if (this.find(of.ref) !== of) return;
    const { folder, limits } = this.#engine;
    const isLive = (id: string) => of.replicas.some((replica) => replica.id === id);
    await pruneLogs(folder.logsOf(of.ref), isLive, limits.endedLogs);
    if (!of.rolling) await this.#secrets.prune(of.record.spec);
    await this.removeUnusedBundles();
  }

  removeUnusedBundles(): Promise<void> {
    const all = () => [...this.#functions.values()];
    return this.#engine.bundles.removeUnused(
      () => new Set(all().flatMap(({ record, replicas }) => [record.digest, ...replicas.map(({ digest }) => digest)])),
    );
  }

  /** Ends all replicas, however long their own limits are; the functions stay recorded. */
  async end(): Promise<void> {
    this.#ending = true;
    const all = [...this.#functions.values(), ...this.#leaving];
    await Promise.all(all.map((ending) => ending.end(this.#engine.limits.stopGraceMs)));
    this.#observers.clear();
  }

  /**
   * Leaves all replicas to the next engine.
   *
   * @throws FaasError `provider_unavailable` while the replicas of a removed function still drain
   */
  async letGo(): Promise<HandedOver> {
    const [leaving] = this.#leaving;
    if (leaving)
      throw new FaasError(
        'provider_unavailable',
        `Function "${leaving.ref.name}" is being removed and still drains; try again once it is gone`,
      );
    this.#ending = true;
    const stopping = await Promise.all([...this.#functions.values()].map((each) => each.letGo()));
    return { stopping: Object.assign({}, ...stopping) as Record<string, number> };
  }

  /** What must hold for a spec to be taken; asked again after each wait. */
  #check(spec: FunctionSpec, signal: AbortSignal): void {
    signal.throwIfAborted();
    this.#checkRunning();
    this.#namespaces.require(spec.namespace);
    replicaLimits(spec);
    checkVariables('envVars', spec.envVars ?? {});
    for (const name of spec.secrets ?? []) this.#secrets.require({ name, namespace: spec.namespace });
  }

  #checkRunning(): void {
    if (this.#ending) throw new FaasError('provider_unavailable', 'The engine is being stopped; try again in a moment');
  }

  /** The bundle that the spec's image names now is kept, whatever becomes of the name meanwhile. */
  async #withBundle(spec: FunctionSpec, work: (digest: string) => Promise<void>): Promise<void> {
    const { bundles } = this.#engine;
    const digest = bundles.resolve(spec.image);
    const release = bundles.hold(digest);
    try {
      bundles.manifest(digest);
      await work(digest);
    } finally {
      release();
    }
  }

  /** Folders and secrets, before anything starts. */
  async #prepare(record: FunctionRecord): Promise<void> {
    const owner = ownerOf(record);
    this.#engine.folder.makeFunction(record.spec, owner);
    await this.#secrets.copyTo(record.spec, owner);
  }

  /** Goes on upwards, so that what an earlier function left somewhere does not soon become a later one's. */
  async #newUid(): Promise<number> {
    const { firstUid, uids } = this.#engine.limits;
    const used = new Set([...this.#functions.values()].map(({ record }) => record.uid));
    for (;;) {
      const uid = firstUid + ((await this.#engine.state.nextNumber('uid', 0)) % uids);
      if (!used.has(uid)) return uid;
      if (used.size >= uids)
        throw new FaasError(
          'not_supported',
          `All ${uids} user ids for functions are taken; remove functions that are not needed`,
        );
    }
  }

  /** Folders of functions whose deployment or removal a kill cut short. */
  async #removeLeftFolders(): Promise<void> {
    const { functions } = this.#engine.folder;
    for (const name of await readdir(functions))
      if (!this.#functions.has(name)) await rm(join(functions, name), { recursive: true, force: true });
  }
}
