import { DEFAULT_NAMESPACE, type NamespaceInfo } from '../provider.ts';
import { checkRemovable, namespaceExists, namespaceNotFound } from '../refusals.ts';
import type { State } from './state.ts';

/** Namespaces; the default one is always there. */
export class NamespaceStore {
  readonly #state: State;
  readonly #namespaces: Map<string, NamespaceInfo>;

  private constructor(state: State, recorded: readonly NamespaceInfo[]) {
    this.#state = state;
    const standard = { name: DEFAULT_NAMESPACE, labels: {}, annotations: {} };
    this.#namespaces = new Map([standard, ...recorded].map((namespace) => [namespace.name, namespace]));
  }

  static async open(state: State): Promise<NamespaceStore> {
    return new NamespaceStore(state, await state.namespaces());
  }

  list(): readonly NamespaceInfo[] {
    return [...this.#namespaces.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** @throws FaasError `namespace_not_found` */
  require(name: string): void {
    if (!this.#namespaces.has(name)) throw namespaceNotFound(name);
  }

  async create(namespace: NamespaceInfo): Promise<void> {
    if (this.#namespaces.has(namespace.name)) throw namespaceExists(namespace.name);
    this.#namespaces.set(namespace.name, namespace);
    try {
      await this.#state.putNamespace(namespace);
    } catch (error) {
      this.#namespaces.delete(namespace.name);
      throw error;
    }
  }

  async update(namespace: NamespaceInfo): Promise<void> {
    this.require(namespace.name);
    await this.#state.putNamespace(namespace);
    this.#namespaces.set(namespace.name, namespace);
  }

  /** @param functions names of the functions in it */
  async remove(name: string, functions: readonly string[]): Promise<void> {
    this.require(name);
    checkRemovable(name, functions);
    this.#namespaces.delete(name);
    await this.#state.removeNamespace(name);
  }
}
