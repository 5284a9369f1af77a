import { FaasError } from '../../common/errors.ts';
import type { Address } from '../../common/http/upstream.ts';
import {
  DEFAULT_NAMESPACE,
  type FunctionRef,
  type FunctionSpec,
  type FunctionStatus,
  type LogMessage,
  type NamespaceInfo,
  type Provider,
  refKey,
  type StateObserver,
} from '../../provider/provider.ts';

const CREATED = new Date();

/**
 * `count` functions, `f0` and on, each with one replica that is always ready at `address`. Deploys nothing: what is
 * measured with it is the gateway and nothing else.
 */
export class FixedProvider implements Provider {
  readonly info = { name: 'dunlin-bench', orchestration: 'bench' };
  readonly #functions: ReadonlyMap<string, FunctionSpec>;
  readonly #address: Address;

  constructor(count: number, address: Address) {
    this.#address = address;
    this.#functions = new Map(
      Array.from({ length: count }, (_, index) => specOf(`f${index}`)).map((spec) => [refKey(spec), spec]),
    );
  }

  watch(observer: StateObserver): () => void {
    for (const spec of this.#functions.values())
      observer(spec, { spec, replicas: 1, ready: [{ id: `${spec.name}-1`, address: this.#address }] });
    return () => undefined;
  }

  async list(): Promise<readonly FunctionStatus[]> {
    return [...this.#functions.values()].map(statusOf);
  }

  async describe(ref: FunctionRef): Promise<FunctionStatus> {
    const spec = this.#functions.get(refKey(ref));
    if (spec === undefined) throw new FaasError('function_not_found', `there is no function ${refKey(ref)}`);
    return statusOf(spec);
  }

  async explain(): Promise<undefined> {}
  async scale(): Promise<void> {}
  async listSecrets(): Promise<readonly FunctionRef[]> {
    return [];
  }
  async listNamespaces(): Promise<readonly NamespaceInfo[]> {
    return [{ name: DEFAULT_NAMESPACE, labels: {}, annotations: {} }];
  }
  async *logs(): AsyncIterable<LogMessage> {}
  async close(): Promise<void> {}
  async [Symbol.asyncDispose](): Promise<void> {}

  deploy = unsupported;
  update = unsupported;
  remove = unsupported;
  createSecret = unsupported;
  updateSecret = unsupported;
  removeSecret = unsupported;
  createNamespace = unsupported;
  updateNamespace = unsupported;
  removeNamespace = unsupported;
}

async function unsupported(): Promise<never> {
  throw new FaasError('not_supported', 'the functions of this benchmark are fixed');
}

/** With the labels and the environment that a function of a user has, for the size of lists. */
const specOf = (name: string): FunctionSpec => ({
  name,
  namespace: DEFAULT_NAMESPACE,
  image: `registry.example.com/team/${name}:1.0.0`,
  envVars: { write_debug: 'false' },
  labels: { 'com.openfaas.scale.min': '1', 'com.openfaas.scale.max': '5' },
  annotations: { 'com.example.team': 'bench' },
});

const statusOf = (spec: FunctionSpec): FunctionStatus => ({
  ...spec,
  replicas: 1,
  availableReplicas: 1,
  createdAt: CREATED,
});
