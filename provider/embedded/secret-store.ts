import { chown, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FaasError } from '../../common/errors.ts';
import type { FunctionRef, FunctionSpec, Secret } from '../provider.ts';
import type { DataFolder, Owner } from './data-folder.ts';
import type { State } from './state.ts';

/** Kubernetes' limit. */
const MAX_VALUE_BYTES = 1024 * 1024;
/** DNS-1123 subdomain (contract 1.9). */
const NAME = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const MAX_NAME = 253;
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
    checkSecret(secret);
    if (this.#of(secret.namespace).has(secret.name))
      throw new FaasError(
        'secret_exists',
        `Secret "${secret.name}" is already in namespace "${secret.namespace}"; update it instead`,
      );
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
    checkSecret(secret);
    this.require(secret);
    await this.#state.putSecret(secret);
  }

  async remove(ref: FunctionRef): Promise<void> {
    if (!this.#of(ref.namespace).has(ref.name)) throw notFound(ref, '"faas-cli secret list" shows those that are');
    this.#of(ref.namespace).delete(ref.name);
    await this.#state.removeSecret(ref);
  }

  forgetNamespace(namespace: string): void {
    this.#names.delete(namespace);
  }

  /** @throws FaasError `secret_not_found` */
  require(ref: FunctionRef): void {
    if (this.#of(ref.namespace).has(ref.name)) return;
    throw notFound(ref, `make it with "faas-cli secret create ${ref.name}"`);
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

function checkSecret({ name, value }: Secret): void {
  if (name.length > MAX_NAME || !NAME.test(name))
    throw new FaasError(
      'invalid_request',
      `name must be 1 to ${MAX_NAME} of a-z, 0-9, "-" and ".", such as "api-key", got ${JSON.stringify(name.slice(0, 80))}`,
    );
  if (value.length > MAX_VALUE_BYTES)
    throw new FaasError('invalid_request', `value must have at most ${MAX_VALUE_BYTES} bytes, got ${value.length}`);
}

const notFound = ({ name, namespace }: FunctionRef, remedy: string): FaasError =>
  new FaasError('secret_not_found', `There is no secret "${name}" in namespace "${namespace}"; ${remedy}`);
