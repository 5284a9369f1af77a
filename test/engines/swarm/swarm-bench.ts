import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import type { ExecutionContext } from 'ava';
import type Docker from 'dockerode';
import { tarOf } from '../../../faas-cli/images/context-tar.ts';
import { openEngine } from '../../../faas-cli/images/engine.ts';
import { engineBuild } from '../../../faas-cli/images/engine-build.ts';
import { root } from '../../harness/platform.ts';

/** An image with the project's Node, for what runs on the functions' network. */
export const NODE_IMAGE = 'node:26-bookworm-slim';
const LOOK_MS = 100;

/** Does one step of a test, and prints how long it took. */
export async function step<T>(t: ExecutionContext, what: string, work: () => Promise<T>): Promise<T> {
  const begun = performance.now();
  const done = await work();
  t.log(`${((performance.now() - begun) / 1000).toFixed(2).padStart(7)} s  ${what}`);
  return done;
}

/** Asks again until the answer is not undefined; the test's own timeout is the limit. */
export async function until<T>(ask: () => Promise<T | undefined>): Promise<T> {
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    await delay(LOOK_MS);
  }
}

/** Makes the engine a swarm of one node where it is in none. @returns what undoes that */
export async function joinSwarm(docker: Docker): Promise<() => Promise<void>> {
  const { Swarm } = (await docker.info()) as { Swarm: { LocalNodeState: string } };
  if (Swarm.LocalNodeState === 'active') return () => Promise.resolve();
  await docker.swarmInit({ ListenAddr: '127.0.0.1:2377', AdvertiseAddr: '127.0.0.1' });
  return () => docker.swarmLeave({ force: true });
}

/** Removes a network, if it is there, once the last task has let go of it, which takes a while after its service's end. */
export async function removeNetwork(docker: Docker, name: string): Promise<void> {
  await until(() =>
    docker
      .getNetwork(name)
      .remove()
      .then(
        () => true,
        (error: { statusCode?: number }) => (error.statusCode === 404 ? true : undefined),
      ),
  );
}

/** Builds an image from a Dockerfile and files. */
export async function buildImage(tag: string, dockerfile: string, files: Readonly<Record<string, string>> = {}) {
  const signal = AbortSignal.timeout(300_000);
  const machine = { home: '/nowhere', platform: process.platform, arch: process.arch, uid: 0 };
  const engine = await openEngine({ env: process.env, machine, signal });
  await engineBuild(engine, {
    name: tag,
    context: tarOf(async (tar) => {
      for (const [name, content] of Object.entries({ Dockerfile: dockerfile, ...files })) tar.entry({ name }, content);
    }),
    options: { t: tag },
    args: {},
    signal,
    onLines: () => {},
  });
}

/** @param auth nothing for a registry that asks for none */
export async function pushImage(docker: Docker, tag: string, auth = { username: '', password: '' }): Promise<void> {
  const said = await text(
    (await docker.getImage(tag).push({
      authconfig: { ...auth, serveraddress: tag.split('/')[0]! },
    })) as NodeJS.ReadableStream as never,
  );
  if (/"error"/.test(said)) throw new Error(`docker push ${tag}: ${said}`);
}

/** A container on a network with the checkout at /src, read only, and the engine's socket. */
export function createInNetwork(
  docker: Docker,
  network: string,
  command: readonly string[],
  options: { readonly env?: readonly string[]; readonly publish?: string } = {},
): Promise<Docker.Container> {
  return docker.createContainer({
    Image: NODE_IMAGE,
    Cmd: [...command],
    Env: [...(options.env ?? [])],
    WorkingDir: '/src',
    ...(options.publish && { ExposedPorts: { '8080/tcp': {} } }),
    HostConfig: {
      NetworkMode: network,
      Binds: [`${root}:/src:ro`, '/var/run/docker.sock:/var/run/docker.sock'],
      Tmpfs: { '/tmp': 'exec' },
      ...(options.publish && { PortBindings: { '8080/tcp': [{ HostIp: '127.0.0.1', HostPort: options.publish }] } }),
    },
  });
}

/** Runs a container to its end and removes it. */
export async function runInNetwork(
  ...args: Parameters<typeof createInNetwork>
): Promise<{ readonly code: number; readonly output: string }> {
  const container = await createInNetwork(...args);
  try {
    const stream = await container.attach({ stream: true, stdout: true, stderr: true });
    let output = '';
    container.modem.demuxStream(
      stream,
      { write: (chunk: Buffer) => (output += chunk) },
      { write: (chunk: Buffer) => (output += chunk) },
    );
    await container.start();
    await once(stream, 'end');
    const { StatusCode } = (await container.wait()) as { StatusCode: number };
    return { code: StatusCode, output };
  } finally {
    await container.remove({ force: true });
  }
}
