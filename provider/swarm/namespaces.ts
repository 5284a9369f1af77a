import type Dockerode from 'dockerode';
import type { ConfigInfo } from 'dockerode';
import { DEFAULT_NAMESPACE, type NamespaceInfo } from '../provider.ts';
import { namespaceExists, namespaceNotFound } from '../refusals.ts';
import { emptyConfig } from './empty-config.ts';
import { NAMESPACE_ANNOTATIONS, NAMESPACE_CONFIG, OURS } from './labels.ts';

const DEFAULT: NamespaceInfo = { name: DEFAULT_NAMESPACE, labels: {}, annotations: {} };

/** Swarm knows no namespaces: each is a config without content, whose labels are the namespace's. */
export class Namespaces {
  readonly #docker: Dockerode;

  constructor(docker: Dockerode) {
    this.#docker = docker;
  }

  /** Sorted by name. */
  async list(): Promise<readonly NamespaceInfo[]> {
    const others = (await this.#configs()).map(readConfig);
    const all = others.some(({ name }) => name === DEFAULT_NAMESPACE) ? others : [DEFAULT, ...others];
    return all.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** @throws FaasError `namespace_not_found` */
  async require(name: string): Promise<void> {
    if (name !== DEFAULT_NAMESPACE) await this.#find(name);
  }

  /** @throws FaasError `namespace_exists` */
  async create(namespace: NamespaceInfo): Promise<void> {
    const { name } = namespace;
    if (name === DEFAULT_NAMESPACE || (await this.#configs(name)).length > 0) throw namespaceExists(name);
    await this.#docker.createConfig(configOf(namespace));
  }

  /** @throws FaasError `namespace_not_found` */
  async update(namespace: NamespaceInfo): Promise<void> {
    if (namespace.name === DEFAULT_NAMESPACE && (await this.#configs(DEFAULT_NAMESPACE)).length === 0) {
      await this.#docker.createConfig(configOf(namespace));
      return;
    }
    const { ID, Version, Spec } = await this.#find(namespace.name);
    await this.#docker.getConfig(ID).update({
      _query: { version: Version.Index },
      _body: { ...Spec, Labels: labelsOf(namespace) },
    });
  }

  /** @throws FaasError `namespace_not_found` */
  async remove(name: string): Promise<void> {
    const { ID } = await this.#find(name);
    await this.#docker.getConfig(ID).remove();
  }

  async #find(name: string): Promise<ConfigInfo> {
    const [found] = await this.#configs(name);
    if (found) return found;
    throw namespaceNotFound(name);
  }

  #configs(name?: string): Promise<ConfigInfo[]> {
    return this.#docker.listConfigs({
      filters: { label: [name === undefined ? NAMESPACE_CONFIG : `${NAMESPACE_CONFIG}=${name}`] },
    });
  }
}

const configOf = (namespace: NamespaceInfo): object =>
  emptyConfig(`dunlin_namespace.${namespace.name}`, labelsOf(namespace));

const labelsOf = ({ name, labels, annotations }: NamespaceInfo): Record<string, string> => ({
  ...labels,
  [NAMESPACE_CONFIG]: name,
  [NAMESPACE_ANNOTATIONS]: JSON.stringify(annotations),
});

function readConfig({ Spec }: ConfigInfo): NamespaceInfo {
  const given = Spec?.Labels ?? {};
  return {
    name: given[NAMESPACE_CONFIG]!,
    labels: Object.fromEntries(Object.entries(given).filter(([name]) => !name.startsWith(OURS))),
    annotations: JSON.parse(given[NAMESPACE_ANNOTATIONS] ?? '{}') as Record<string, string>,
  };
}
