import { createHash } from 'node:crypto';
import type Dockerode from 'dockerode';
import type { SecretReference, Secret as SwarmSecret } from 'dockerode';
import { FaasError } from '../../common/errors.ts';
import { DEFAULT_NAMESPACE, type FunctionRef, type Secret } from '../provider.ts';
import { secretExists, secretNotFound } from '../refusals.ts';
import { NAMESPACE, OURS, OWNER, OWNER_VALUE, SECRET } from './labels.ts';

/** Where functions read them (contract 6.4). */
const FOLDER = '/var/openfaas/secrets';
const READ_ONLY = 0o444;
/** Swarm's. */
const MAX_BYTES = 500 * 1024;
const MAX_NAME = 64;
const HASH_CHARS = 12;

/**
 * Secrets of functions as Swarm secrets, which cannot be changed: each value is one of its own, named by its content,
 * with the name that users know in a label. Those that faas-swarm made bear their name themselves.
 */
export class Secrets {
  readonly #docker: Dockerode;

  constructor(docker: Dockerode) {
    this.#docker = docker;
  }

  /** Sorted by name. */
  async list(namespace: string): Promise<readonly FunctionRef[]> {
    const refs = (await this.#all()).map(refOf).filter((ref) => ref.namespace === namespace);
    const names = [...new Set(refs.map(({ name }) => name))].sort();
    return names.map((name) => ({ name, namespace }));
  }

  /** @throws FaasError `secret_exists`; `invalid_request` for a value that Swarm does not take */
  async create(secret: Secret): Promise<void> {
    checkValue(secret);
    if ((await this.#versions(secret)).length > 0) throw secretExists(secret);
    await this.#store(secret);
  }

  /**
   * Stores a new value beside the old ones, which are {@link prune}d once no service has them.
   *
   * @returns what services refer to it by; undefined when the value is the one it has
   * @throws FaasError `secret_not_found`
   */
  async update(secret: Secret): Promise<SecretReference | undefined> {
    checkValue(secret);
    const versions = await this.#versions(secret);
    const [newest] = versions;
    if (newest === undefined) throw secretNotFound(secret, 'to use');
    const name = swarmName(secret);
    if (newest.Spec!.Name === name) return undefined;
    // A value from before, still there because a service had it: only the newest one counts.
    const again = versions.find(({ Spec }) => Spec!.Name === name);
    if (again)
      await this.#docker
        .getSecret(again.ID)
        .remove()
        .catch(() => undefined);
    return referenceTo(secret.name, await this.#store(secret), name);
  }

  /** @throws FaasError `secret_not_found` */
  async remove(ref: FunctionRef): Promise<void> {
    const versions = await this.#versions(ref);
    if (versions.length === 0) throw secretNotFound(ref, 'to remove');
    for (const { ID } of versions) await this.#docker.getSecret(ID).remove();
  }

  /** Removes values that are no longer the secret's; those that a service has stay until the next time. */
  async prune(ref: FunctionRef): Promise<void> {
    const [, ...old] = await this.#versions(ref);
    for (const { ID } of old)
      await this.#docker
        .getSecret(ID)
        .remove()
        .catch(() => undefined);
  }

  /** What a service refers to its secrets by, in their order. @throws FaasError `secret_not_found` */
  async references(namespace: string, names: readonly string[]): Promise<SecretReference[]> {
    if (names.length === 0) return [];
    const all = await this.#all();
    return names.map((name) => {
      const [newest] = versionsOf(all, { name, namespace });
      if (newest === undefined) throw secretNotFound({ name, namespace }, 'to use');
      return referenceTo(name, newest.ID, newest.Spec!.Name!);
    });
  }

  async #store(secret: Secret): Promise<string> {
    const stored = (await this.#docker.createSecret({
      Name: swarmName(secret),
      Labels: { [OWNER]: OWNER_VALUE, [SECRET]: secret.name, [NAMESPACE]: secret.namespace },
      Data: Buffer.from(secret.value).toString('base64'),
    })) as { id: string };
    return stored.id;
  }

  #all(): Promise<SwarmSecret[]> {
    return this.#docker.listSecrets({ filters: { label: [`${OWNER}=${OWNER_VALUE}`] } });
  }

  /** The newest first. */
  async #versions(ref: FunctionRef): Promise<SwarmSecret[]> {
    return versionsOf(await this.#all(), ref);
  }
}

/** The file that a service shows a secret as, by which an update finds it. */
export const secretPath = (name: string): string => `${FOLDER}/${name}`;

const referenceTo = (name: string, id: string, swarmSecret: string): SecretReference => ({
  SecretID: id,
  SecretName: swarmSecret,
  File: { Name: secretPath(name), UID: '0', GID: '0', Mode: READ_ONLY },
});

const versionsOf = (all: readonly SwarmSecret[], { name, namespace }: FunctionRef): SwarmSecret[] =>
  all
    .filter((secret) => refOf(secret).name === name && refOf(secret).namespace === namespace)
    .sort((a, b) => Date.parse(b.CreatedAt!) - Date.parse(a.CreatedAt!));

function refOf({ Spec }: SwarmSecret): FunctionRef {
  const labels = Spec?.Labels ?? {};
  return { name: labels[SECRET] ?? Spec!.Name!, namespace: labels[NAMESPACE] ?? DEFAULT_NAMESPACE };
}

/** Whoever can read this name can read the value too: both need a manager of the Swarm. */
function swarmName({ name, namespace, value }: Secret): string {
  const hash = createHash('sha256').update(`${OURS}\0${namespace}\0${name}\0`).update(value).digest('hex');
  return `${name.slice(0, MAX_NAME - HASH_CHARS - 1)}-${hash.slice(0, HASH_CHARS)}`;
}

function checkValue({ name, value }: Secret): void {
  if (value.length > 0 && value.length <= MAX_BYTES) return;
  throw new FaasError(
    'invalid_request',
    `Secret "${name}" must have 1 to ${MAX_BYTES} bytes, which is what Swarm takes, got ${value.length}`,
  );
}
