import { setTimeout as delay } from 'node:timers/promises';
import type Dockerode from 'dockerode';
import type { AuthConfig } from 'dockerode';
import { FaasError } from '../../common/errors.ts';
import { EndedReplicas } from '../ended-replicas.ts';
import { initialReplicas, LABEL_MIN } from '../labels.ts';
import {
  DEFAULT_NAMESPACE,
  type FunctionRef,
  type FunctionSpec,
  type FunctionStatus,
  type LogMessage,
  type LogQuery,
  type NamespaceInfo,
  type Provider,
  type ProviderInfo,
  type ReplicaFailure,
  type Secret,
  type StateObserver,
} from '../provider.ts';
import { engineFailure, isOutOfSequence, openEngine, statusOf } from './engine.ts';
import { findEndWith } from './functions/find-end.ts';
import { untilReady } from './functions/probe.ts';
import { SwarmFunctions } from './functions/swarm-functions.ts';
import { hasEnded, type Task } from './functions/task.ts';
import type { TrackedFunction } from './functions/tracked-function.ts';
import { pinImage } from './images/pin-image.ts';
import { functionLogs } from './logs/function-logs.ts';
import { Namespaces } from './namespaces.ts';
import { functionNetwork } from './network.ts';
import type { SwarmOptions } from './options.ts';
import { Records } from './records.ts';
import { Secrets, secretPath } from './secrets.ts';
import { isFunction, readService } from './services/read-service.ts';
import { desiredReplicas, type FunctionService, type FunctionServiceSpec } from './services/service.ts';
import { serviceName } from './services/service-name.ts';
import { serviceSpec } from './services/service-spec.ts';
import { usageOf } from './usage.ts';

/** Others may change the same service: another gateway, or a person. */
const CHANGE_ATTEMPTS = 5;
const REMOVAL_LOOK_MS = 100;

/**
 * Connects to the Swarm: its functions are known when this resolves.
 *
 * @throws FaasError `provider_unavailable` or `invalid_request` that says what to do
 */
export async function createSwarmProvider(options: SwarmOptions): Promise<SwarmProvider> {
  const docker = await openEngine();
  const networkId = await functionNetwork(docker, options.network);
  const provider = new SwarmProvider(options, docker, networkId);
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
  readonly #options: SwarmOptions;
  readonly #docker: Dockerode;
  readonly #networkId: string;
  readonly #ended = new EndedReplicas();
  readonly #functions: SwarmFunctions;
  readonly #secrets: Secrets;
  readonly #namespaces: Namespaces;
  readonly #closing = new AbortController();
  #closed: Promise<void> | undefined;

  /** Use {@link createSwarmProvider}. */
  constructor(options: SwarmOptions, docker: Dockerode, networkId: string) {
    this.#options = options;
    this.#docker = docker;
    this.#networkId = networkId;
    this.records = new Records(docker);
    this.#secrets = new Secrets(docker);
    this.#namespaces = new Namespaces(docker);
    this.#functions = new SwarmFunctions({
      docker,
      networkId,
      ended: this.#ended,
      findEnd: findEndWith(docker),
      log: options.log,
      untilReady,
    });
  }

  /** Part of {@link createSwarmProvider}. */
  start(): Promise<void> {
    return this.#functions.start();
  }

  async deploy(spec: FunctionSpec, signal: AbortSignal): Promise<void> {
    await this.#tell(`the deployment of "${spec.name}"`, signal, async () => {
      await this.#namespaces.require(spec.namespace);
      const { service, auth } = await this.#serviceFor(spec, initialReplicas(spec.labels));
      await this.#refuseTaken(spec);
      signal.throwIfAborted();
      const created = await this.#create(spec, service, auth);
      await this.#functions.refresh(created);
      this.#functions.hurry();
    });
  }

  async update(spec: FunctionSpec, signal: AbortSignal): Promise<void> {
    await this.#tell(`the update of "${spec.name}"`, signal, async () => {
      await this.#known(spec);
      await this.#namespaces.require(spec.namespace);
      const minimum = spec.labels[LABEL_MIN] === undefined ? 0 : initialReplicas(spec.labels);
      const parts = await this.#serviceFor(spec, 1);
      signal.throwIfAborted();
      await this.#change(
        spec,
        (before) => {
          const replicas = Math.max(desiredReplicas(before), minimum);
          const { service } = this.#withReplicas(parts, replicas);
          const { ForceUpdate = 0 } = before.Spec.TaskTemplate;
          // What did not start may do so now that something else was mended.
          const retry = this.#functions.find(spec)?.state.failure !== undefined;
          const same = JSON.stringify(readService(before)) === JSON.stringify(spec);
          return {
            ...service,
            Name: before.Spec.Name,
            TaskTemplate: { ...service.TaskTemplate, ForceUpdate: ForceUpdate + (retry && same ? 1 : 0) },
          };
        },
        parts.auth,
      );
    });
  }

  async remove(ref: FunctionRef, signal: AbortSignal): Promise<void> {
    await this.#tell(`the removal of "${ref.name}"`, signal, async () => {
      const { id } = await this.#known(ref);
      await this.#docker
        .getService(id)
        .remove()
        .catch((error) => {
          if (statusOf(error) !== 404) throw error;
        });
      this.#functions.forget(id);
      await this.#untilTasksGone(id, signal);
    });
  }

  async scale(ref: FunctionRef, replicas: number, signal: AbortSignal): Promise<void> {
    await this.#tell(`the scaling of "${ref.name}"`, signal, async () => {
      if (!Number.isSafeInteger(replicas) || replicas < 0)
        throw new FaasError('invalid_request', `replicas must be a whole number, 0 or more, got ${replicas}`);
      const known = await this.#known(ref);
      if (desiredReplicas(known.service) === replicas) return;
      await this.#change(ref, ({ Spec }) => ({ ...Spec, Mode: { Replicated: { Replicas: replicas } } }));
    });
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
      const { id } = await this.#known(ref);
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
    const { id } = await this.#known(query);
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
        await this.#change(ref, ({ Spec }) => {
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
      if (user)
        throw new FaasError(
          'invalid_request',
          `Secret "${ref.name}" is used by function "${user.ref.name}"; remove or update that first`,
        );
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
      if (name === DEFAULT_NAMESPACE)
        throw new FaasError('invalid_request', `The default namespace "${name}" cannot be removed`);
      await this.#functions.sync();
      const functions = this.#functions.in(name).map(({ ref }) => ref.name);
      if (functions.length > 0)
        throw new FaasError(
          'invalid_request',
          `Namespace "${name}" still has functions (${functions.slice(0, 5).join(', ')}${functions.length > 5 ? ', ...' : ''}); remove them first`,
        );
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

  /** One that another gateway made a moment ago may not have been heard of. @throws FaasError `function_not_found` */
  async #known(ref: FunctionRef): Promise<TrackedFunction> {
    if (!this.#functions.find(ref)) await this.#functions.sync();
    return this.#functions.require(ref);
  }

  async #serviceFor(spec: FunctionSpec, replicas: number): Promise<ServiceFor> {
    const parts = { network: this.#networkId, replicas, image: '', secrets: [] };
    // Refuses what is wrong in itself before anything is asked of registry or Swarm.
    serviceSpec(spec, parts);
    const secrets = await this.#secrets.references(spec.namespace, spec.secrets ?? []);
    const { image, auth } = await pinImage(this.#docker, spec.image, this.#options.registryConfig);
    return {
      spec,
      auth,
      parts: { ...parts, image, secrets },
      service: serviceSpec(spec, { ...parts, image, secrets }),
    };
  }

  #withReplicas(made: ServiceFor, replicas: number): { readonly service: FunctionServiceSpec } {
    return { service: serviceSpec(made.spec, { ...made.parts, replicas }) };
  }

  /** @throws FaasError `function_exists`; `invalid_request` when the name is that of a service which is no function */
  async #refuseTaken(spec: FunctionSpec): Promise<void> {
    const Name = serviceName(spec);
    const found = await this.#docker.listServices({ filters: { name: [Name] } });
    const taken = found.find((service) => service.Spec?.Name === Name);
    if (taken === undefined && !this.#functions.find(spec)) return;
    if (taken === undefined || isFunction(taken))
      throw new FaasError(
        'function_exists',
        `Function "${spec.name}" is already in namespace "${spec.namespace}"; update it instead`,
      );
    throw new FaasError(
      'invalid_request',
      `The Swarm has a service named "${Name}" that is no function, which is left alone; choose another name`,
    );
  }

  async #create(spec: FunctionSpec, service: FunctionServiceSpec, auth: AuthConfig | undefined): Promise<string> {
    try {
      const { id } = auth ? await this.#docker.createService(auth, service) : await this.#docker.createService(service);
      return id;
    } catch (error) {
      // Somebody was faster.
      if (statusOf(error) === 409) await this.#functions.sync().then(() => this.#refuseTaken(spec));
      throw error;
    }
  }

  /** Changes a service from what it is, again when somebody else changed it meanwhile. */
  async #change(
    ref: FunctionRef,
    change: (before: FunctionService) => FunctionServiceSpec,
    auth?: AuthConfig,
  ): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      const tracked = this.#functions.require(ref);
      try {
        const wanted = change(tracked.service);
        const options = { _query: { version: tracked.service.Version.Index }, _body: wanted };
        const service = this.#docker.getService(tracked.id) as unknown as {
          update(auth: AuthConfig | undefined, options: unknown): Promise<void>;
        };
        await service.update(auth, options);
        this.#functions.hurry();
        await this.#functions.refresh(tracked.id);
        return;
      } catch (error) {
        if (statusOf(error) === 404) this.#functions.forget(tracked.id);
        else if (!isOutOfSequence(error) || attempt === CHANGE_ATTEMPTS) throw error;
        else await this.#functions.refresh(tracked.id);
      }
    }
  }

  async #usersOf(secret: FunctionRef): Promise<TrackedFunction[]> {
    await this.#functions.sync();
    return this.#functions.in(secret.namespace).filter(({ spec }) => spec.secrets?.includes(secret.name));
  }

  /** They outlive their service until their containers have stopped. */
  async #untilTasksGone(serviceId: string, signal: AbortSignal): Promise<void> {
    for (;;) {
      const tasks = (await this.#docker.listTasks()) as Task[];
      if (!tasks.some((task) => task.ServiceID === serviceId && !hasEnded(task))) return;
      await delay(REMOVAL_LOOK_MS, undefined, { signal: AbortSignal.any([signal, this.#closing.signal]) }).catch(() => {
        throw signal.aborted ? signal.reason : new FaasError('provider_unavailable', 'The gateway is stopping');
      });
    }
  }
}

/** A service and what it was made of. */
interface ServiceFor {
  readonly spec: FunctionSpec;
  readonly parts: Parameters<typeof serviceSpec>[1];
  readonly service: FunctionServiceSpec;
  readonly auth: AuthConfig | undefined;
}
