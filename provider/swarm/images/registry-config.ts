import { readFile } from 'node:fs/promises';
import type { AuthConfig } from 'dockerode';
import { FaasError } from '../../../common/errors.ts';

/** How docker's config names its own registry. */
const DOCKER_HUB = 'https://index.docker.io/v1/';

interface DockerAuth {
  /** Base64 of `user:password`. */
  readonly auth?: string;
  readonly username?: string;
  readonly password?: string;
  readonly identitytoken?: string;
}

/**
 * The credentials of a registry from a Docker `config.json`, read each time, so that a changed one counts at once.
 *
 * @throws FaasError `invalid_request` when the file cannot be read
 */
export async function registryAuth(file: string, registry: string): Promise<AuthConfig | undefined> {
  if (file === '') return undefined;
  const { auths = {} } = await readConfig(file);
  const names = registry === 'docker.io' ? [DOCKER_HUB, 'docker.io'] : [registry, `https://${registry}`];
  const name = Object.keys(auths).find((each) => names.includes(each.replace(/\/$/, '')) || names.includes(each));
  if (name === undefined) return undefined;
  const { auth, username, password, identitytoken } = auths[name]!;
  const serveraddress = name;
  if (identitytoken) return { identitytoken, serveraddress } as unknown as AuthConfig;
  const decoded = Buffer.from(auth ?? '', 'base64').toString();
  const at = decoded.indexOf(':');
  if (at > 0) return { username: decoded.slice(0, at), password: decoded.slice(at + 1), serveraddress };
  return username !== undefined ? { username, password: password ?? '', serveraddress } : undefined;
}

/** The registry's host in an image's name: `docker.io` where it names none. */
export function registryOf(image: string): string {
  const first = image.split('/')[0]!;
  return image.includes('/') && (/[.:]/.test(first) || first === 'localhost') ? first : 'docker.io';
}

async function readConfig(file: string): Promise<{ auths?: Record<string, DockerAuth> }> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as { auths?: Record<string, DockerAuth> };
  } catch (cause) {
    throw new FaasError(
      'invalid_request',
      `dunlin_registry_config: cannot read ${file}: ${(cause as Error).message}; it must be a Docker config.json`,
      { cause },
    );
  }
}
