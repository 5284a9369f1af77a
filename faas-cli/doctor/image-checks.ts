import { Agent } from 'node:https';
import { isBuilt } from '../build/jobs.ts';
import type { Context } from '../context.ts';
import { credentialsFor } from '../images/credentials.ts';
import { openEngine } from '../images/engine.ts';
import { parseImageName } from '../images/image-name.ts';
import { describeError } from '../print-error.ts';
import type { LoadedStack } from '../stack/load-stack.ts';
import { type Finding, ok, problem, warning } from './check.ts';

const REGISTRY_TIMEOUT_MS = 5000;

/** What images need: a Docker Engine, and the registries that the stack file's images name. */
export async function imageChecks(stack: LoadedStack | undefined, context: Context): Promise<readonly Finding[]> {
  const images = stack?.functions.filter(isBuilt).map(({ image }) => image) ?? [];
  const named = images.filter((image) => image.includes('/')).map((image) => parseImageName(image).registry);
  const registries = [...new Set(named)].map((registry) => registryCheck(registry, context));
  return Promise.all([engineCheck(context), ...registries]);
}

async function engineCheck(context: Context): Promise<Finding> {
  try {
    const { address, arch } = await openEngine(context);
    return ok('docker', `an engine answers at ${address} (${arch})`);
  } catch (error) {
    context.signal.throwIfAborted();
    return problem('docker', describeError(error), 'images are built and pushed by it');
  }
}

async function registryCheck(registry: string, context: Context): Promise<Finding> {
  const { signal } = context;
  try {
    const credentials = await credentialsFor(registry, context);
    const status = await ask(registry, context);
    if (status !== 200 && status !== 401)
      return problem(
        'registry',
        `${registry} answers ${status} to /v2/`,
        "is it a registry? See the stack file's images",
      );
    if (credentials) return ok('registry', `${registry} answers; credentials: ${credentials.username ?? 'a token'}`);
    if (status === 200) return ok('registry', `${registry} answers, and asks for no credentials`);
    return warning(
      'registry',
      `${registry} asks for credentials, and there are none`,
      `faas-cli registry-login --server ${registry} --username USER --password-stdin`,
    );
  } catch (error) {
    signal.throwIfAborted();
    return problem(
      'registry',
      `${registry} cannot be asked: ${(error as Error).message}`,
      "check the images' names in the stack file, network and proxy",
    );
  }
}

async function ask(registry: string, { env, signal }: Context): Promise<number> {
  const { default: fetch } = await import('node-fetch');
  const host = registry === 'docker.io' ? 'registry-1.docker.io' : registry;
  // As the engine does: plain HTTP is for this machine.
  const isLocal = /^(127\.|localhost(:|$))/.test(host);
  const response = await fetch(`${isLocal ? 'http' : 'https'}://${host}/v2/`, {
    signal: AbortSignal.any([signal, AbortSignal.timeout(REGISTRY_TIMEOUT_MS)]),
    ...(!isLocal && { agent: new Agent({ proxyEnv: env }) }),
  });
  await response.arrayBuffer();
  return response.status;
}
