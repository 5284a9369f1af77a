import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DockerOptions } from 'dockerode';
import { FaasError } from '../../common/errors.ts';
import type { Surroundings } from '../context.ts';

export interface EngineAddress {
  readonly options: DockerOptions;
  /** For messages: a socket's path, or a URL. */
  readonly shown: string;
}

const DEFAULT_SOCKET = '/var/run/docker.sock';

/**
 * Where the Docker Engine listens: DOCKER_HOST (with DOCKER_TLS_VERIFY and DOCKER_CERT_PATH, as docker has them), else
 * the system's socket, else the user's own one.
 *
 * @throws FaasError `invalid_request` for a DOCKER_HOST that is none, or certificates that cannot be read
 */
export async function engineAddress({
  env,
  machine: { home },
}: Pick<Surroundings, 'env' | 'machine'>): Promise<EngineAddress> {
  const host = env.DOCKER_HOST;
  if (!host) return socket(usersOwnSocket(env, home) ?? DEFAULT_SOCKET);
  const url = URL.parse(host.includes('://') ? host : `tcp://${host}`);
  if (url?.protocol === 'unix:') return socket(url.pathname);
  if (url?.protocol === 'ssh:') return { options: sshOptions(url, env), shown: host };
  if (!url?.hostname || !['tcp:', 'http:', 'https:'].includes(url.protocol))
    throw new FaasError(
      'invalid_request',
      `DOCKER_HOST must be like unix:///var/run/docker.sock, tcp://HOST:2375 or ssh://USER@HOST, got "${host}"`,
    );
  const secure = Boolean(env.DOCKER_TLS_VERIFY) || url.protocol === 'https:';
  const options: DockerOptions = {
    host: url.hostname,
    port: url.port || (secure ? 2376 : 2375),
    protocol: secure ? 'https' : 'http',
  };
  if (!secure) return { options, shown: host };
  return {
    options: { ...options, ...(await certificates(env.DOCKER_CERT_PATH || join(home, '.docker'))) },
    shown: host,
  };
}

const socket = (path: string): EngineAddress => ({ options: { socketPath: path }, shown: path });

/** Of an engine that runs without root, or of Docker Desktop; used only when there is no socket of the system's. */
function usersOwnSocket(env: Surroundings['env'], home: string): string | undefined {
  if (existsSync(DEFAULT_SOCKET)) return undefined;
  const folders = [env.XDG_RUNTIME_DIR, join(home, '.docker', 'run')].filter((folder) => folder);
  return folders.map((folder) => join(folder!, 'docker.sock')).find((path) => existsSync(path));
}

const sshOptions = (url: URL, env: Surroundings['env']): DockerOptions => ({
  protocol: 'ssh',
  host: url.hostname,
  port: url.port || 22,
  username: decodeURIComponent(url.username),
  sshOptions: { agent: env.SSH_AUTH_SOCK },
});

async function certificates(folder: string): Promise<DockerOptions> {
  const read = (name: string) =>
    readFile(join(folder, name)).catch((cause: NodeJS.ErrnoException) => {
      throw new FaasError(
        'invalid_request',
        `cannot read ${join(folder, name)} for the TLS connection to the Docker Engine: ${cause.message}; set DOCKER_CERT_PATH to the folder of ca.pem, cert.pem and key.pem`,
        { cause },
      );
    });
  const [ca, cert, key] = await Promise.all([read('ca.pem'), read('cert.pem'), read('key.pem')]);
  return { ca, cert, key };
}
