import type Dockerode from 'dockerode';
import { EndedReplicas } from '../ended-replicas.ts';
import type {
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
} from '../provider.ts';
import { checkRemovable, secretInUse } from '../refusals.ts';
import { engineFailure, openEngine } from './engine.ts';
import { findEndWith } from './functions/find-end.ts';
import { untilReady } from './functions/probe.ts';
import { SwarmFunctions } from './functions/swarm-functions.ts';
import type { FunctionPlace, TrackedFunction } from './functions/tracked-function.ts';
import { functionLogs } from './logs/function-logs.ts';
import { Namespaces } from './namespaces.ts';
import { functionNetwork } from './network.ts';
import type { SwarmOptions } from './options.ts';
import { Records } from './records.ts';
import { Secrets, secretPath } from './secrets.ts';
import { FunctionServices } from './services/function-services.ts';
import { usageOf } from './usage.ts';

/**
 * Connects to the Swarm: its functions are known when this resolves.
 *
 * @throws FaasError `provider_unavailable` or `invalid_request` that says what to do
 */
export async function createSwarmProvider(options: SwarmOptions): Promise<SwarmProvider> {
  const { docker, nodeId } = await openEngine();
  const networkId = await functionNetwork(docker, options.network);
  const provider = new SwarmProvider(options, docker, { networkId, nodeId });
  try {
    await provider.start();
    return provider;
  } catch (error) {
    await provider.close();
    throw error;
  }
}

/** Functions as services of a Docker Swarm, which holds all state: any number of gateways may work with one. */
export class SwarmProvider implements Provider {
  readonly info: ProviderInfo = { name: 'dunlin-swarm', orchestration: 'swarm' };
  readonly records: Records;
  readonly #docker: Dockerode;
  readonly #ended = new EndedReplicas();
  readonly #functions: SwarmFunctions;
  readonly #services: FunctionServices;
  readonly #secrets: Secrets;
  readonly #namespaces: Namespaces;
  readonly #closing = new AbortController();
  #closed: Promise<void> | undefined;

  /** Use {@link createSwarmProvider}. */
  constructor(options: SwarmOptions, docker: Dockerode, place: FunctionPlace) {
    this.#docker = docker;
    this.records = new Records(docker);
    this.#secrets = new Secrets(docker);
    this.#namespaces = new Namespaces(docker);
    this.#functions = new SwarmFunctions({
      docker,
      place,
      ended: this.#ended,
      findEnd: findEndWith(docker),
      log: options.log,
      untilReady,
    });
    this.#services = new FunctionServices({
      docker,
      networkId: place.networkId,
      registryConfig: options.registryConfig,
      functions: this.#functions,
      secrets: this.#secrets,
    });
  }

  /** Part of {@link createSwarmProvider}. */
  start(): Promise<void> {
    return this.#functions.start();
  }

  async deploy(spec: FunctionSpec, signal: AbortSignal): Promise<void> {
    await this.#tell(`the deployment of "${spec.name}"`, signal, async () => {
      await this.#namespaces.require(spec.namespace);
      await this.#services.deploy(spec, signal);
    });
  }
  async update(spec: FunctionSpec, signal: AbortSignal): Promise<void> {
    await this.#tell(`the update of "${spec.name}"`, signal, async () => {
      await this.#services.update(spec, signal);
    });
  }
  async remove(ref: FunctionRef, signal: AbortSignal): Promise<void> {
    const until = AbortSignal.any([signal, this.#closing.signal]);
    await this.#tell(`the removal of "${ref.name}"`, signal, () => this.#services.remove(ref, until));
  }
  async scale(ref: FunctionRef, replicas: number, signal: AbortSignal): Promise<void> {
    await this.#tell(`the scaling of "${ref.name}"`, signal, () => this.#services.scale(ref, replicas));
  }

  async list(namespace: string, signal: AbortSignal): Promise<readonly FunctionStatus[]> {
    return this.#tell('listing functions', signal, async () => {
      await this.#namespaces.require(namespace);
      await this.#functions.sync();
      return this.#functions.in(namespace).map((listed) => listed.status());
    });
  }

  async describe(ref: FunctionRef, options: { usage: boolean }, signal: AbortSignal): Promise<FunctionStatus> {
    return this.#tell(`describing "${ref.name}"`, signal, async () => {
      const { id } = await this.#services.known(ref);
      await this.#functions.refresh(id);
      const described = this.#functions.require(ref);
      return described.status(options.usage ? await usageOf(this.#docker, described.tasks) : undefined);
    });
  }

  watch(observer: StateObserver): () => void {
    return this.#functions.watch(observer);
  }

  async explain(ref: FunctionRef, replica: string, signal: AbortSignal): Promise<ReplicaFailure | undefined> {
    const known = this.#ended.get(replica);
    const of = this.#functions.find(ref);
    if (known || !of?.tasks.some(({ ID }) => ID === replica)) return known;
    this.#functions.hurry();
    return this.#ended.next(replica, AbortSignal.any([signal, this.#closing.signal]));
  }

  async *logs(query: LogQuery, signal: AbortSignal): AsyncGenerator<LogMessage> {
    const { id } = await this.#services.known(query);
    await this.#functions.refresh(id);
    yield* functionLogs(this.#docker, this.#functions, query, AbortSignal.any([signal, this.#closing.signal]));
  }

  async listSecrets(namespace: string, signal: AbortSignal): Promise<readonly FunctionRef[]> {
    return this.#tell('listing secrets', signal, async () => {
      await this.#namespaces.require(namespace);
      return this.#secrets.list(namespace);
    });
  }
  async createSecret(secret: Secret, signal: AbortSignal): Promise<void> {
    await this.#tell(`making secret "${secret.name}"`, signal, async () => {
      await this.#namespaces.require(secret.namespace);
      await this.#secrets.create(secret);
    });
  }
  /** Services that use it are updated in turn: their replicas are replaced by ones with the new value. */
  async updateSecret(secret: Secret, signal: AbortSignal): Promise<void> {
    await this.#tell(`changing secret "${secret.name}"`, signal, async () => {
      const reference = await this.#secrets.update(secret);
      if (reference === undefined) return;
      const path = secretPath(secret.name);
      for (const { ref } of await this.#usersOf(secret))
        await this.#services.change(ref, ({ Spec }) => {
          const container = Spec.TaskTemplate.ContainerSpec!;
          const Secrets = container.Secrets?.map((old) => (old.File?.Name === path ? reference : old));
          return {
            ...Spec,
            TaskTemplate: { ...Spec.TaskTemplate, ContainerSpec: { ...container, Secrets } },
          };
        });
      await this.#secrets.prune(secret);
    });
  }
  async removeSecret(ref: FunctionRef, signal: AbortSignal): Promise<void> {
    await this.#tell(`removing secret "${ref.name}"`, signal, async () => {
      const [user] = await this.#usersOf(ref);
      if (user) throw secretInUse(ref, user.ref.name);
      await this.#secrets.remove(ref);
    });
  }

  async listNamespaces(signal: AbortSignal): Promise<readonly NamespaceInfo[]> {
    return this.#tell('listing namespaces', signal, async () => {
      return this.#namespaces.list();
    });
  }
  async createNamespace(namespace: NamespaceInfo, signal: AbortSignal): Promise<void> {
    await this.#tell(`making namespace "${namespace.name}"`, signal, async () => {
      await this.#namespaces.create(namespace);
    });
  }
  async updateNamespace(namespace: NamespaceInfo, signal: AbortSignal): Promise<void> {
    await this.#tell(`changing namespace "${namespace.name}"`, signal, async () => {
      await this.#namespaces.update(namespace);
    });
  }
  async removeNamespace(name: string, signal: AbortSignal): Promise<void> {
    await this.#tell(`removing namespace "${name}"`, signal, async () => {
      await this.#functions.sync();
      const functions = this.#functions.in(name).map(({ ref }) => ref.name);
      checkRemovable(name, functions);
      await this.#namespaces.remove(name);
      for (const secret of await this.#secrets.list(name)) await this.#secrets.remove(secret);
    });
  }

  /** The functions are the Swarm's: they go on. */
  close(): Promise<void> {
    return (this.#closed ??= this.#end());
  }
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #end(): Promise<void> {
    this.#closing.abort();
    await this.#functions.close();
  }

  /** What the engine refuses becomes an error for the caller. @throws the signal's reason once it aborted */
  async #tell<T>(doing: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    try {
      return await work();
    } catch (error) {
      throw signal.aborted ? signal.reason : engineFailure(error, doing);
    }
  }

  async #usersOf(secret: FunctionRef): Promise<TrackedFunction[]> {
    await this.#functions.sync();
    return this.#functions.in(secret.namespace).filter(({ spec }) => spec.secrets?.includes(secret.name));
  }
}
