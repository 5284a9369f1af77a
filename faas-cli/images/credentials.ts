import type { Surroundings } from '../context.ts';
import { runCredentialHelper } from './credential-helper.ts';
import { type DockerAuth, type DockerConfig, dockerConfigFile, readDockerConfig } from './docker-config.ts';
import { DOCKER_HUB } from './image-name.ts';

/** Credentials as the engine's API takes them. */
export interface RegistryAuth {
  readonly serveraddress: string;
  readonly username?: string;
  readonly password?: string;
  readonly identitytoken?: string;
  readonly registrytoken?: string;
}

/**
 * The user's credentials for a registry, from docker's config or the credential helper that it names.
 *
 * @param registry host, as in an image's name
 * @throws FaasError when the config or the helper is at fault
 */
export async function credentialsFor(
  registry: string,
  place: Pick<Surroundings, 'env' | 'machine' | 'signal'>,
): Promise<RegistryAuth | undefined> {
  const config = await readDockerConfig(dockerConfigFile(place));
  const server = serverOf(registry);
  const helper = helperFor(config, registry);
  if (!helper) return fromConfig(config, registry);
  const printed = await runCredentialHelper({ ...place, helper, action: 'get', input: server });
  return printed === undefined ? fromConfig(config, registry) : fromHelper(printed, server);
}

/** The registry's name in docker's config. */
export const serverOf = (registry: string): string => (registry === 'docker.io' ? DOCKER_HUB : registry);

export const helperFor = (config: DockerConfig, registry: string): string | undefined =>
  config.credHelpers?.[serverOf(registry)] ?? config.credHelpers?.[registry] ?? (config.credsStore || undefined);

/** Entries are named by host or by URL, as whoever logged in wrote it. */
export function fromConfig(config: DockerConfig, registry: string): RegistryAuth | undefined {
  const auths = config.auths ?? {};
  const server = serverOf(registry);
  const found = auths[server] ?? Object.entries(auths).find(([name]) => hostOf(name) === hostOf(server))?.[1];
  return found && toRegistryAuth(found, server);
}

const hostOf = (server: string): string => server.replace(/^https?:\/\//, '').replace(/\/.*$/, '');

function toRegistryAuth(entry: DockerAuth, serveraddress: string): RegistryAuth | undefined {
  const { identitytoken, registrytoken } = entry;
  const decoded = entry.auth ? Buffer.from(entry.auth, 'base64').toString('utf8') : '';
  const colon = decoded.indexOf(':');
  const username = entry.username ?? (colon > 0 ? decoded.slice(0, colon) : undefined);
  const password = entry.password ?? (colon > 0 ? decoded.slice(colon + 1).replace(/\0+$/, '') : undefined);
  if (username === undefined && !identitytoken && !registrytoken) return undefined;
  return {
    serveraddress,
    ...(username !== undefined && { username, password: password ?? '' }),
    ...(identitytoken && { identitytoken }),
    ...(registrytoken && { registrytoken }),
  };
}

function fromHelper(printed: string, serveraddress: string): RegistryAuth | undefined {
  const { Username, Secret } = JSON.parse(printed) as { Username?: string; Secret?: string };
  if (!Secret) return undefined;
  // Docker's own mark for a token in place of a password.
  if (Username === '<token>') return { serveraddress, identitytoken: Secret };
  return { serveraddress, username: Username ?? '', password: Secret };
}
