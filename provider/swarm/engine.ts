import Dockerode from 'dockerode';
import { FaasError } from '../../common/errors.ts';

/** Engine 20.10: capabilities, ulimits and the limit of processes came with it. */
const MINIMUM_API = '1.41';
const DEFAULT_SOCKET = '/var/run/docker.sock';

/**
 * The engine of a Swarm's manager.
 *
 * @throws FaasError `provider_unavailable`: none answers, it is too old, in no swarm, or a worker; with what to do
 */
export async function openEngine(): Promise<{ readonly docker: Dockerode; readonly nodeId: string }> {
  const { docker, shown } = connect();
  const { ApiVersion, Version } = await docker.version().catch((error: Error) => {
    throw new FaasError('provider_unavailable', unreachable(shown, error), { cause: error });
  });
  if (isOlder(ApiVersion, MINIMUM_API))
    throw new FaasError(
      'provider_unavailable',
      `The Docker Engine at ${shown} is too old: it is ${Version} with API ${ApiVersion}, and functions need API ${MINIMUM_API} (Docker 20.10) or newer; update it`,
    );
  const { Swarm } = (await docker.info()) as {
    Swarm?: { LocalNodeState?: string; ControlAvailable?: boolean; NodeID: string };
  };
  if (Swarm?.LocalNodeState !== 'active')
    throw new FaasError(
      'provider_unavailable',
      `The Docker Engine at ${shown} is in no swarm (${Swarm?.LocalNodeState ?? 'inactive'}); run: docker swarm init`,
    );
  if (!Swarm.ControlAvailable)
    throw new FaasError(
      'provider_unavailable',
      `The Docker Engine at ${shown} is a worker of its swarm; run the gateway on a manager (constraint node.role == manager), or promote this one: docker node promote NODE`,
    );
  return { docker, nodeId: Swarm.NodeID };
}

function connect(): { readonly docker: Dockerode; readonly shown: string } {
  try {
    const docker = new Dockerode();
    // The default path is found by a function, at the first question.
    const { socketPath = '', host, port } = docker.modem as { socketPath?: unknown; host?: string; port?: string };
    if (socketPath !== '') return { docker, shown: typeof socketPath === 'string' ? socketPath : DEFAULT_SOCKET };
    return { docker, shown: `${host}:${port}` };
  } catch (cause) {
    const { message } = cause as Error;
    throw new FaasError(
      'provider_unavailable',
      `DOCKER_HOST or DOCKER_CERT_PATH cannot be used: ${message}; correct or unset it`,
      {
        cause,
      },
    );
  }
}

/** Compares versions such as `1.41`. */
export function isOlder(version: string, than: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [thanMajor = 0, thanMinor = 0] = than.split('.').map(Number);
  return major < thanMajor || (major === thanMajor && minor < thanMinor);
}

interface EngineError extends Error {
  readonly statusCode?: number;
  readonly json?: { readonly message?: string };
  readonly code?: string;
}

export const statusOf = (error: unknown): number | undefined => (error as EngineError).statusCode;

/** The engine's own words. */
export function messageOf(error: unknown): string {
  const { json, message } = error as EngineError;
  return json?.message ?? message;
}

/** Somebody else changed the service since it was read. */
export const isOutOfSequence = (error: unknown): boolean => /out of sequence/.test(messageOf(error));

/** What an engine's refusal is to a caller of the API. What is a FaasError already, or an abort, stays as it is. */
export function engineFailure(error: unknown, doing: string): Error {
  if (error instanceof FaasError || (error as Error).name === 'AbortError') return error as Error;
  const status = statusOf(error);
  const said = messageOf(error).replace(/^rpc error: code = \w+ desc = /, '');
  if (status === 400) return new FaasError('invalid_request', `The Swarm refuses ${doing}: ${said}`, { cause: error });
  const remedy = status === 503 ? '; the gateway must run on a manager of a swarm that has a quorum' : '';
  return new FaasError('provider_unavailable', `The Docker Engine failed at ${doing}: ${said}${remedy}`, {
    cause: error,
  });
}

function unreachable(shown: string, { code, message }: EngineError): string {
  if (code === 'EACCES')
    return `No permission to use the Docker Engine's socket ${shown}; run the gateway as root or in the group docker`;
  if (code === 'ENOENT' || code === 'ECONNREFUSED')
    return `No Docker Engine answers at ${shown} (${code}); start it, mount its socket into the gateway's container, or set DOCKER_HOST`;
  return `No Docker Engine answers at ${shown}: ${message}`;
}
