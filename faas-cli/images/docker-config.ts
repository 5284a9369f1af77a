import { chmod, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FaasError } from '../../common/errors.ts';
import type { Surroundings } from '../context.ts';

/** What is of use here of docker's config.json. */
export interface DockerConfig {
  readonly auths?: Readonly<Record<string, DockerAuth>>;
  readonly credHelpers?: Readonly<Record<string, string>>;
  readonly credsStore?: string;
}
export interface DockerAuth {
  /** Base64 of `user:password`. */
  readonly auth?: string;
  readonly username?: string;
  readonly password?: string;
  readonly identitytoken?: string;
  readonly registrytoken?: string;
}

/** `config.json` in DOCKER_CONFIG, else in `~/.docker`. */
export const dockerConfigFile = ({ env, machine }: Pick<Surroundings, 'env' | 'machine'>): string =>
  join(env.DOCKER_CONFIG || join(machine.home, '.docker'), 'config.json');

/** An empty one when there is no file. @throws FaasError `invalid_request` for one that cannot be read */
export async function readDockerConfig(file: string): Promise<DockerConfig> {
  const text = await readFile(file, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT' || cause.code === 'ENOTDIR') return '{}';
    throw new FaasError('invalid_request', `cannot read docker's config ${file}: ${cause.message}`, { cause });
  });
  try {
    const config: unknown = JSON.parse(text);
    if (typeof config === 'object' && config !== null && !Array.isArray(config)) return config;
  } catch {
    // The message below says what is wrong.
  }
  throw new FaasError('invalid_request', `docker's config ${file} is no JSON object; mend it, or move it away`);
}

/** Sets a registry's credentials and keeps all else; whole or not at all, for the user's eyes only. */
export async function storeDockerAuth(file: string, server: string, auth: DockerAuth): Promise<void> {
  const config = await readDockerConfig(file);
  const changed = { ...config, auths: { ...config.auths, [server]: auth } };
  await mkdir(join(file, '..'), { recursive: true, mode: 0o700 });
  const temporary = `${file}.${crypto.randomUUID()}.tmp`;
  try {
    await writeFile(temporary, `${JSON.stringify(changed, null, '\t')}\n`, { mode: 0o600 });
    await chmod(temporary, 0o600);
    await rename(temporary, file);
  } finally {
    await rm(temporary, { force: true });
  }
}
