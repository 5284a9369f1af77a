import { chown, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FunctionRef, FunctionSpec, Secret } from '../provider.ts';
import { secretExists, secretNotFound } from '../refusals.ts';
import { secretName } from '../wire/names.ts';
import type { DataFolder, Owner } from './data-folder.ts';
import type { State } from './state.ts';

/** No secret's name can begin with a dot, so no half-written file looks like one. */
const UNFINISHED = '.unfinished-';

/** Secrets by namespace, and their copies in the folders of the functions that use them. Values stay on disk. */
export class SecretStore {
  readonly #state: State;
  readonly #folder: DataFolder;
  readonly #names: Map<string, Set<string>>;
  #unfinished = 0;

  private constructor(state: State, folder: DataFolder, refs: readonly FunctionRef[]) {
    this.#state = state;
    this.#folder = folder;
    this.#names = new Map();
    for (const ref of refs) this.#of(ref.namespace).add(ref.name);
  }

  static async open(state: State, folder: DataFolder): Promise<SecretStore> {
    return new SecretStore(state, folder, await state.secretNames());
  }

  list(namespace: string): readonly FunctionRef[] {
    return [...this.#of(namespace)].sort().map((name) => ({ name, namespace }));
  }

  async create(secret: Secret): Promise<void> {
    // The callers' check again (provider.ts): the name becomes that of a file.
    secretName('name', secret.name);
    if (this.#of(secret.namespace).has(secret.name)) throw secretExists(secret);
    // Taken before it is durable, so that of two at once one is told.
    this.#of(secret.namespace).add(secret.name);
    try {
      await this.#state.putSecret(secret);
    } catch (error) {
      this.#of(secret.namespace).delete(secret.name);
      throw error;
    }
  }

  async update(secret: Secret): Promise<void> {
    this.require(secret);
    await this.#state.putSecret(secret);
  }

  async remove(ref: FunctionRef): Promise<void> {
    if (!this.#of(ref.namespace).has(ref.name)) throw secretNotFound(ref, 'to remove');
    this.#of(ref.namespace).delete(ref.name);
    await this.#state.removeSecret(ref);
  }

  forgetNamespace(namespace: string): void {
    this.#names.delete(namespace);
  }

  /** @throws FaasError `secret_not_found` */
  require(ref: FunctionRef): void {
    if (!this.#of(ref.namespace).has(ref.name)) throw secretNotFound(ref, 'to use');
  }

  /** Makes a function's copies what they should be, each replaced at once, for readers see the old or the new value. */
  async copyTo(spec: FunctionSpec, owner: Owner | undefined): Promise<void> {
    const folder = this.#folder.secretsOf(spec);
    for (const name of spec.secrets ?? []) {
      const value = await this.#state.secretValue({ name, namespace: spec.namespace });
      if (value !== undefined) await this.#replace(folder, name, value, owner);
    }
  }

  /** Removes copies that the function no longer names. */
  async prune(spec: FunctionSpec): Promise<void> {
    const folder = this.#folder.secretsOf(spec);
    const surplus = (await readdir(folder)).filter((name) => !name.startsWith('.') && !spec.secrets?.includes(name));
    for (const name of surplus) await rm(join(folder, name), { force: true });
  }

  async #replace(folder: string, name: string, value: Uint8Array, owner: Owner | undefined): Promise<void> {
    const unfinished = join(folder, `${UNFINISHED}${++this.#unfinished}`);
    await rm(unfinished, { force: true });
    await writeFile(unfinished, value, { mode: 0o400, flag: 'wx' });
    if (owner) await chown(unfinished, owner.uid, owner.gid);
    await rename(unfinished, join(folder, name));
  }

  #of(namespace: string): Set<string> {
    const names = this.#names.get(namespace) ?? new Set();
    this.#names.set(namespace, names);
    return names;
  }
}
