import type Dockerode from 'dockerode';
import type { Surroundings } from '../context.ts';
import { engineAddress } from './engine-address.ts';
import { engineFailure } from './failures.ts';

/** A Docker Engine that answered. */
export interface Engine {
  readonly docker: Dockerode;
  /** Its socket or URL, for messages. */
  readonly address: string;
  /** Go's name of its machine: `amd64`, `arm64`. */
  readonly arch: string;
  /** Whether it was started with experimental features, which `--squash` needs. */
  readonly experimental: boolean;
}

/** @throws FaasError `provider_unavailable` when no engine answers; `unauthorized` without permission on its socket */
export async function openEngine(place: Pick<Surroundings, 'env' | 'machine' | 'signal'>): Promise<Engine> {
  const { options, shown } = await engineAddress(place);
  // Costs half of faas-cli's start, so only those who need it pay.
  const { default: Docker } = await import('dockerode');
  const docker = new Docker(options);
  try {
    const version = await answered(docker.version(), place.signal);
    // Absent unless it is so; the package's types do not know it.
    return { docker, address: shown, arch: version.Arch, experimental: 'Experimental' in version };
  } catch (error) {
    place.signal.throwIfAborted();
    throw engineFailure(error, shown);
  }
}

/** An engine on another host may never answer. */
const TIMEOUT_MS = 10_000;

function answered<T>(answer: Promise<T>, signal: AbortSignal): Promise<T> {
  const ended = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]);
  return new Promise((resolve, reject) => {
    ended.addEventListener('abort', () => reject(Object.assign(new Error('timed out'), { code: 'ETIMEDOUT' })));
    answer.then(resolve, reject);
  });
}
