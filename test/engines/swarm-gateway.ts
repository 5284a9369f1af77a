import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import type Docker from 'dockerode';
import { root } from '../harness/platform.ts';
import { joinSwarm, NODE_IMAGE, removeNetwork } from './swarm/swarm-bench.ts';

const PORT = '8080/tcp';
const PASSWORD = 'right';

/** A gateway of this checkout for the engine's Swarm. Dispose of it, and it and its network are gone. */
export interface SwarmGateway extends AsyncDisposable {
  readonly url: string;
  /** Of `admin`. */
  readonly password: string;
}

/**
 * Starts it in a container, because the host cannot route into the functions' network. Makes the engine the only node of
 * a Swarm, if it is in none.
 *
 * @param name of container and network
 */
export async function startSwarmGateway(docker: Docker, name: string): Promise<SwarmGateway> {
  const cleanUps: (() => Promise<unknown>)[] = [];
  const dispose = async () => {
    for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
  };
  try {
    cleanUps.push(await joinSwarm(docker));
    await docker.createNetwork({ Name: name, Driver: 'overlay', Attachable: true });
    cleanUps.push(() => removeNetwork(docker, name));
    const credentials = await mkdtemp(join(tmpdir(), 'dunlin-swarm-'));
    cleanUps.push(() => rm(credentials, { recursive: true, force: true }));
    await writeFile(join(credentials, 'basic-auth-user'), 'admin');
    await writeFile(join(credentials, 'basic-auth-password'), PASSWORD);
    const container = await docker.createContainer({
      name,
      Image: NODE_IMAGE,
      Cmd: ['sh', '/dunlin/tools/node', '/dunlin/gateway/main.ts'],
      Env: [
        'dunlin_provider=swarm',
        'dunlin_host=0.0.0.0',
        'dunlin_data=/tmp/data',
        `dunlin_network=${name}`,
        'secret_mount_path=/run/secrets',
      ],
      ExposedPorts: { [PORT]: {} },
      HostConfig: {
        Binds: [`${root}:/dunlin:ro`, `${credentials}:/run/secrets:ro`, '/var/run/docker.sock:/var/run/docker.sock'],
        NetworkMode: name,
        PortBindings: { [PORT]: [{ HostIp: '127.0.0.1', HostPort: '' }] },
      },
    });
    cleanUps.push(() => container.remove({ force: true, v: true }));
    await container.start();
    await isReady(docker, container);
    const { NetworkSettings } = await container.inspect();
    const url = `http://127.0.0.1:${NetworkSettings.Ports[PORT]![0]!.HostPort}`;
    return { url, password: PASSWORD, [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

async function isReady(docker: Docker, container: Docker.Container): Promise<void> {
  const log = await container.logs({ follow: true, stdout: true, stderr: true });
  const text = new PassThrough({ encoding: 'utf8' });
  docker.modem.demuxStream(log, text, text);
  log.on('end', () => text.end());
  const ended = once(text, 'end');
  let said = '';
  const ready = new Promise<true>((resolve) => {
    text.on('data', (chunk: string) => /Dunlin is ready/.test((said += chunk)) && resolve(true));
  });
  const isUp = await Promise.race([ready, ended.then(() => false)]);
  (log as NodeJS.ReadableStream & { destroy(): void }).destroy();
  if (!isUp) throw new Error(`the gateway ended before it was ready:\n${said}`);
}
