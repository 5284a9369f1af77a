import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { FaasError } from '../../common/errors.ts';
import { initialReplicas } from '../../provider/labels.ts';
import {
  type BundleRef,
  type BundleStore,
  DEFAULT_NAMESPACE,
  type FunctionRef,
  type FunctionSpec,
  type FunctionState,
  type FunctionStatus,
  type LogMessage,
  type LogQuery,
  type NamespaceInfo,
  type Provider,
  type ReplicaFailure,
  type ReplicaTarget,
  refKey,
  type Secret,
  type SharedRecords,
  type StateObserver,
} from '../../provider/provider.ts';

interface Running {
  readonly target: ReplicaTarget;
  readonly server: Server;
}

interface Deployed {
  spec: FunctionSpec;
  desired: number;
  readonly createdAt: Date;
  running: Running[];
  failure?: ReplicaFailure | undefined;
}

/** A provider in place of a cluster, for the gateway's tests: replicas are real HTTP servers in this process. */
export class MemoryProvider implements Provider {
  readonly info = { name: 'dunlin-memory', orchestration: 'memory' };
  /** What each image does; unknown ones answer 200 with their own name. */
  readonly images = new Map<string, RequestListener>();
  /** What each image does with an upgrade request. */
  readonly upgrades = new Map<string, (req: IncomingMessage, socket: Duplex) => void>();
  /** What {@link explain} answers, once set. */
  explanation: ReplicaFailure | undefined;
  /** While true replicas do not get ready; {@link release} lets them. */
  holding = false;
  /** The calls of {@link scale}, as `name=replicas`. */
  readonly scaled: string[] = [];
  readonly logLines: LogMessage[] = [];
  /** Logs that are being followed. */
  following = 0;
  readonly stored = new Map<string, Buffer>();
  /** Set where several gateways share this provider. */
  records?: SharedRecords;
  readonly #functions = new Map<string, Deployed>();
  readonly #observers = new Set<StateObserver>();
  readonly #secrets = new Map<string, Secret>();
  readonly #namespaces = new Map<string, NamespaceInfo>([
    [DEFAULT_NAMESPACE, { name: DEFAULT_NAMESPACE, labels: {}, annotations: {} }],
  ]);
  readonly #tags = new Map<string, BundleRef>();
  #lastId = 0;

  readonly bundles: BundleStore = {
    put: async (ref, tar) => {
      this.stored.set(ref.digest, await buffer(tar));
      this.#tags.set(ref.image, ref);
    },
    tag: async (ref) => {
      if (!this.stored.has(ref.digest)) throw new FaasError('bundle_not_found', `there is no bundle ${ref.digest}`);
      this.#tags.set(ref.image, ref);
    },
    list: async () => [...this.#tags.values()],
  };

  async deploy(spec: FunctionSpec): Promise<void> {
    this.#checkNamespace(spec.namespace);
    if (this.#functions.has(refKey(spec))) throw new FaasError('function_exists', `${refKey(spec)} exists; update it`);
    this.#checkSecrets(spec);
    const deployed: Deployed = { spec, desired: 0, createdAt: new Date(), running: [] };
    this.#functions.set(refKey(spec), deployed);
    await this.#scaleTo(deployed, initialReplicas(spec.labels));
  }

  async update(spec: FunctionSpec): Promise<void> {
    const deployed = this.#get(spec);
    this.#checkSecrets(spec);
    const old = deployed.running;
    deployed.spec = spec;
    deployed.running = [];
    await this.#scaleTo(deployed, deployed.desired);
    for (const { server } of old) server.close();
  }

  async remove(ref: FunctionRef): Promise<void> {
    const { running } = this.#get(ref);
    this.#functions.delete(refKey(ref));
    for (const observer of this.#observers) observer(ref, undefined);
    for (const { server } of running) server.close();
  }

  async scale(ref: FunctionRef, replicas: number): Promise<void> {
    this.scaled.push(`${ref.name}=${replicas}`);
    await this.#scaleTo(this.#get(ref), replicas);
  }

  async list(namespace: string): Promise<readonly FunctionStatus[]> {
    this.#checkNamespace(namespace);
    return [...this.#functions.values()].filter(({ spec }) => spec.namespace === namespace).map(statusOf);
  }

  async describe(ref: FunctionRef, { usage }: { readonly usage: boolean }): Promise<FunctionStatus> {
    const status = statusOf(this.#get(ref));
    return usage ? { ...status, usage: { cpu: 5, totalMemoryBytes: 1024 } } : status;
  }

  watch(observer: StateObserver): () => void {
    this.#observers.add(observer);
    for (const deployed of this.#functions.values()) observer(deployed.spec, stateOf(deployed));
    return () => this.#observers.delete(observer);
  }

  async explain(): Promise<ReplicaFailure | undefined> {
    return this.explanation;
  }

  async *logs(query: LogQuery, signal: AbortSignal): AsyncIterable<LogMessage> {
    this.#get(query);
    yield* query.tail === undefined ? this.logLines : this.logLines.slice(-query.tail);
    if (!query.follow) return;
    this.following++;
    try {
      await once(signal, 'abort');
    } finally {
      this.following--;
    }
  }

  async listSecrets(namespace: string): Promise<readonly FunctionRef[]> {
    this.#checkNamespace(namespace);
    return [...this.#secrets.values()].filter((secret) => secret.namespace === namespace);
  }

  async createSecret(secret: Secret): Promise<void> {
    this.#checkNamespace(secret.namespace);
    if (this.#secrets.has(refKey(secret))) throw new FaasError('secret_exists', `${refKey(secret)} exists`);
    this.#secrets.set(refKey(secret), secret);
  }

  async updateSecret(secret: Secret): Promise<void> {
    this.#getSecret(secret);
    this.#secrets.set(refKey(secret), secret);
  }

  async removeSecret(ref: FunctionRef): Promise<void> {
    this.#getSecret(ref);
    this.#secrets.delete(refKey(ref));
  }

  async listNamespaces(): Promise<readonly NamespaceInfo[]> {
    return [...this.#namespaces.values()];
  }

  async createNamespace(namespace: NamespaceInfo): Promise<void> {
    if (this.#namespaces.has(namespace.name)) throw new FaasError('namespace_exists', `${namespace.name} exists`);
    this.#namespaces.set(namespace.name, namespace);
  }

  async updateNamespace(namespace: NamespaceInfo): Promise<void> {
    this.#checkNamespace(namespace.name);
    this.#namespaces.set(namespace.name, namespace);
  }

  async removeNamespace(name: string): Promise<void> {
    this.#checkNamespace(name);
    this.#namespaces.delete(name);
  }

  async close(): Promise<void> {
    const running = [...this.#functions.values()].flatMap((deployed) => deployed.running);
    await Promise.all(running.map(stop));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  secret(ref: FunctionRef): Secret {
    return this.#getSecret(ref);
  }

  /** Replicas get ready from now on, those held back at once. */
  async release(): Promise<void> {
    this.holding = false;
    for (const deployed of this.#functions.values()) await this.#scaleTo(deployed, deployed.desired);
  }

  /** A replica of `ref` failed: the watch says so. */
  fail(ref: FunctionRef, failure: ReplicaFailure): void {
    const deployed = this.#get(ref);
    deployed.failure = failure;
    this.#notify(deployed);
  }

  /** Ends a replica as kill -9 would; the watch says so only when told to. */
  async kill(ref: FunctionRef, { notify }: { readonly notify: boolean }): Promise<void> {
    const deployed = this.#get(ref);
    const [first, ...rest] = deployed.running;
    if (notify) deployed.running = rest;
    await stop(first!);
    if (notify) this.#notify(deployed);
  }

  async #scaleTo(deployed: Deployed, desired: number): Promise<void> {
    deployed.desired = desired;
    const surplus = deployed.running.splice(desired);
    this.#notify(deployed);
    for (const { server } of surplus) server.close();
    while (!this.holding && deployed.running.length < deployed.desired) {
      const running = await this.#run(deployed.spec.image);
      deployed.running.push(running);
      deployed.failure = undefined;
      this.#notify(deployed);
    }
  }

  async #run(image: string): Promise<Running> {
    const handler: RequestListener = this.images.get(image) ?? ((_req, res) => res.end(image));
    const server = createServer(handler).listen(0, '127.0.0.1');
    const upgrade = this.upgrades.get(image);
    if (upgrade !== undefined) server.on('upgrade', upgrade);
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    return { target: { id: `replica-${++this.#lastId}`, address: { host: '127.0.0.1', port } }, server };
  }

  #notify(deployed: Deployed): void {
    if (this.#functions.get(refKey(deployed.spec)) !== deployed) return;
    for (const observer of this.#observers) observer(deployed.spec, stateOf(deployed));
  }

  #get(ref: FunctionRef): Deployed {
    const deployed = this.#functions.get(refKey(ref));
    if (deployed === undefined) throw new FaasError('function_not_found', `there is no function ${refKey(ref)}`);
    return deployed;
  }

  #getSecret(ref: FunctionRef): Secret {
    const secret = this.#secrets.get(refKey(ref));
    if (secret === undefined) throw new FaasError('secret_not_found', `there is no secret ${refKey(ref)}`);
    return secret;
  }

  #checkSecrets({ secrets = [], namespace }: FunctionSpec): void {
    for (const name of secrets) this.#getSecret({ name, namespace });
  }

  #checkNamespace(name: string): void {
    if (!this.#namespaces.has(name)) throw new FaasError('namespace_not_found', `there is no namespace ${name}`);
  }
}

async function stop({ server }: Running): Promise<void> {
  if (!server.listening) return;
  server.close();
  server.closeAllConnections();
  await once(server, 'close');
}

const stateOf = ({ spec, desired, running, failure }: Deployed): FunctionState => ({
  spec,
  replicas: desired,
  ready: running.map(({ target }) => target),
  ...(failure && { failure }),
});

const statusOf = ({ spec, desired, running, failure, createdAt }: Deployed): FunctionStatus => ({
  ...spec,
  replicas: desired,
  availableReplicas: running.length,
  createdAt,
  ...(failure && { failure }),
});
