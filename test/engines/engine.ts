import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import Docker from 'dockerode';
import { root } from '../harness/platform.ts';

/** Starts real engines on a test machine; not part of the project. */
const SCRIPT = resolve(root, '../shared/engines/engines');
export const REGISTRY = '127.0.0.1:5000';
/** For the templates whose default is newer than what Debian has. */
export const BASE_IMAGES = [
  'debian:bookworm-slim',
  'node:26-bookworm-slim',
  'python:3.11-slim-bookworm',
  'golang:1.19-bookworm',
];
export const BUILD_ARGS = ['PYTHON_IMAGE=python:3.11-slim-bookworm', 'GO_IMAGE=golang:1.19-bookworm'];

/** A Docker Engine and a registry. Dispose of it and what was started for it is stopped; what ran before goes on. */
export interface Engines extends AsyncDisposable {
  readonly docker: Docker;
}

/** Starts what does not run yet, and installs what is missing. @throws Error that says what to install */
export async function startEngines(): Promise<Engines> {
  const docker = new Docker();
  const before = { docker: await dockerRuns(docker), registry: await registryRuns() };
  if (existsSync(SCRIPT)) {
    await engines('docker', 'up');
    await engines('images');
    await engines('registry', 'up');
  }
  const missing = await whatIsMissing(docker);
  if (missing.length > 0)
    throw new Error(
      `These tests need a real Docker Engine and a registry, and there is no ${SCRIPT} to start them. Missing:\n${missing.join('\n')}`,
    );
  return {
    docker,
    async [Symbol.asyncDispose]() {
      if (!before.registry) await engines('registry', 'down');
      if (!before.docker) await engines('docker', 'down');
    },
  };
}

/** Its daemons live on and keep what they inherit, so its output goes to this process's, not into a pipe. */
async function engines(...args: string[]): Promise<void> {
  const child = spawn('bash', [SCRIPT, ...args], { stdio: ['ignore', 'ignore', 'inherit'] });
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`"${SCRIPT} ${args.join(' ')}" failed with ${code}; it says why above`);
}

async function whatIsMissing(docker: Docker): Promise<string[]> {
  const missing: string[] = [];
  if (!(await registryRuns())) missing.push(`- a registry on ${REGISTRY}: install and start docker-registry`);
  if (!(await dockerRuns(docker))) return [...missing, '- a Docker Engine: install docker.io and start dockerd'];
  for (const image of BASE_IMAGES) {
    const found = await docker
      .getImage(image)
      .inspect()
      .catch(() => undefined);
    if (!found) missing.push(`- the image ${image} in the engine: docker pull ${image}`);
  }
  return missing;
}

const dockerRuns = (docker: Docker): Promise<boolean> =>
  docker.ping().then(
    () => true,
    () => false,
  );

const registryRuns = (): Promise<boolean> =>
  fetch(`http://${REGISTRY}/v2/`).then(
    ({ ok }) => ok,
    () => false,
  );

/** Tags that a registry has of a repository. */
export async function tagsOf(repository: string, registry = REGISTRY): Promise<readonly string[]> {
  const answer = await fetch(`http://${registry}/v2/${repository}/tags/list`);
  if (answer.status === 404) return [];
  return ((await answer.json()) as { tags: string[] | null }).tags ?? [];
}

/** Removes a tag and its manifest from a registry; layers stay until it collects them. */
export async function forget(repository: string, tag: string): Promise<void> {
  const manifest = `http://${REGISTRY}/v2/${repository}/manifests/`;
  const accept = 'application/vnd.docker.distribution.manifest.v2+json';
  const found = await fetch(`${manifest}${tag}`, { method: 'HEAD', headers: { accept } });
  const digest = found.headers.get('docker-content-digest');
  if (found.ok && digest) await fetch(`${manifest}${digest}`, { method: 'DELETE' });
}
