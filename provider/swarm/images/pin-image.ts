import type Dockerode from 'dockerode';
import type { AuthConfig } from 'dockerode';
import { FaasError } from '../../../common/errors.ts';
import { messageOf, statusOf } from '../engine.ts';
import { registryAuth, registryOf } from './registry-config.ts';

export interface PinnedImage {
  /** By its digest, so that every node runs the same, and one that has it asks no registry. */
  readonly image: string;
  /** What the nodes need to pull it. */
  readonly auth: AuthConfig | undefined;
}

/**
 * Finds the image that a name means now: in its registry, else in the engine here, as an image that was built and not
 * pushed is.
 *
 * @throws FaasError `bundle_not_found` when neither has it, `invalid_request` when the registry asks for credentials or
 *   the name is none; both say what to do
 */
export async function pinImage(docker: Dockerode, name: string, registryConfig: string): Promise<PinnedImage> {
  // An id names what is in the engine.
  if (/^sha256:[0-9a-f]{64}$/.test(name)) return { image: await localImage(docker, name, 'by id'), auth: undefined };
  const registry = registryOf(name);
  const auth = await registryAuth(registryConfig, registry);
  try {
    const { Descriptor } = (await docker.getImage(name).distribution(auth && { authconfig: auth })) as {
      Descriptor: { digest: string };
    };
    return { image: `${withoutDigest(name)}@${Descriptor.digest}`, auth };
  } catch (error) {
    return { image: await localImage(docker, name, refusal(registry, error)), auth };
  }
}

/** Why the registry did not say. */
function refusal(registry: string, error: unknown): string {
  const said = messageOf(error);
  if (statusOf(error) === 400 || /invalid reference format/.test(said)) return 'is no name of an image';
  if (/unauthorized|authentication required|no basic auth|denied/i.test(said))
    return registry === 'docker.io'
      ? `is not to be had: Docker Hub has no such public image (${said})`
      : `asks for credentials: ${said}`;
  if (/not found|manifest unknown|name unknown/i.test(said)) return `is not in the registry ${registry} (${said})`;
  return `cannot be looked up in the registry ${registry}: ${said}`;
}

/** @returns its id, by which the node here runs it without a registry */
async function localImage(docker: Dockerode, name: string, why: string): Promise<string> {
  try {
    const { Id } = await docker.getImage(name).inspect();
    return Id;
  } catch (cause) {
    if (why.startsWith('asks for credentials'))
      throw new FaasError(
        'invalid_request',
        `The registry of image "${name}" ${why}; give the gateway a Docker config.json with them (dunlin_registry_config; docs/SWARM.md), or push it to another`,
        { cause },
      );
    if (why === 'is no name of an image')
      throw new FaasError('invalid_request', `image: "${name}" ${why}; it must be like "registry/team/name:tag"`, {
        cause,
      });
    throw new FaasError(
      'bundle_not_found',
      `Image "${name}" ${why}, and the engine does not have it; check its name, or build and push it: faas-cli build && faas-cli push`,
      { cause },
    );
  }
}

const withoutDigest = (name: string): string => name.split('@')[0]!;
