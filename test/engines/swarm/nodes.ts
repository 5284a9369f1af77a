import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Docker from 'dockerode';
import { run } from '../../harness/platform.ts';
import { until } from './swarm-bench.ts';

/** Private to this machine; the host is .1. */
const SUBNET = '10.213.77';
/** At most 15 characters, as names of network devices are. */
const BRIDGE = 'dunlin-test';

/** Several engines, each in a network of its own as if on another machine. Dispose of it and nothing is left. */
export interface Nodes extends AsyncDisposable {
  readonly engines: readonly Docker[];
  readonly addresses: readonly string[];
  /** As a machine is gone whose plug was pulled: nothing arrives, nothing answers. */
  cut(index: number): Promise<void>;
  /** Ends an engine, with its containers, and starts it again on the same data. */
  restart(index: number): Promise<void>;
}

/**
 * Starts engines in network namespaces that a bridge connects. Needs root, iproute2 and util-linux.
 *
 * @throws Error that says which command failed, where a kernel allows no such thing
 */
export async function startNodes(docker: Docker, count: number): Promise<Nodes> {
  const folder = await mkdtemp(join(tmpdir(), 'dunlin-nodes-'));
  const undo: (() => Promise<unknown>)[] = [() => rm(folder, { recursive: true, force: true, maxRetries: 5 })];
  const dispose = async (): Promise<void> => {
    for (const each of undo.splice(0).reverse()) await each();
  };
  try {
    const runtime = await runtimeFlags(docker);
    await must('ip', 'link', 'add', BRIDGE, 'type', 'bridge');
    undo.push(() => must('ip', 'link', 'del', BRIDGE));
    await must('ip', 'addr', 'add', `${SUBNET}.1/24`, 'dev', BRIDGE);
    await must('ip', 'link', 'set', BRIDGE, 'up');
    // The engine of this machine drops what is forwarded, and bridged frames count as that.
    const rule = ['DOCKER-USER', '-i', BRIDGE, '-o', BRIDGE, '-j', 'ACCEPT'];
    await must('iptables', '-I', ...rule);
    undo.push(() => must('iptables', '-D', ...rule));
    const engines: EngineProcess[] = [];
    const addresses: string[] = [];
    for (let index = 0; index < count; index++) {
      const address = `${SUBNET}.${11 + index}`;
      addresses.push(address);
      await makeNetwork(index, address, undo);
      const engine = new EngineProcess(index, join(folder, String(index)), runtime);
      undo.push(() => engine.remove());
      await engine.start();
      engines.push(engine);
    }
    return {
      engines: engines.map(({ docker }) => docker),
      addresses,
      cut: (index) => must('ip', 'link', 'set', outside(index), 'down'),
      restart: async (index) => {
        await engines[index]!.stop();
        await engines[index]!.start();
      },
      [Symbol.asyncDispose]: dispose,
    };
  } catch (error) {
    await dispose();
    throw error;
  }
}

const namespace = (index: number): string => `${BRIDGE}-${index}`;
const outside = (index: number): string => `${BRIDGE}-v${index}`;

async function makeNetwork(index: number, address: string, undo: (() => Promise<unknown>)[]): Promise<void> {
  await must('ip', 'netns', 'add', namespace(index));
  undo.push(() => must('ip', 'netns', 'del', namespace(index)));
  await must('ip', 'link', 'add', outside(index), 'type', 'veth', 'peer', 'name', 'eth0', 'netns', namespace(index));
  await must('ip', 'link', 'set', outside(index), 'master', BRIDGE, 'up');
  const inside = (...args: string[]) => must('ip', '-n', namespace(index), ...args);
  await inside('addr', 'add', `${address}/24`, 'dev', 'eth0');
  await inside('link', 'set', 'eth0', 'up');
  await inside('link', 'set', 'lo', 'up');
  await inside('route', 'add', 'default', 'via', `${SUBNET}.1`);
}

class EngineProcess {
  readonly docker: Docker;
  readonly #index: number;
  readonly #folder: string;
  readonly #runtime: readonly string[];
  #child: ChildProcess | undefined;

  constructor(index: number, folder: string, runtime: readonly string[]) {
    this.#index = index;
    this.#folder = folder;
    this.#runtime = runtime;
    this.docker = new Docker({ socketPath: `${folder}.sock` });
  }

  async start(): Promise<void> {
    const folder = this.#folder;
    const flags = ['--data-root', `${folder}/data`, '--exec-root', `${folder}/exec`, '--pidfile', `${folder}/pid`];
    const log = await open(`${folder}.log`, 'a');
    // Not "ip netns exec", which hides the cgroups. /run/docker is where every engine keeps its networks.
    const script = 'mkdir -p /run/docker && mount -t tmpfs none /run/docker && exec dockerd "$@"';
    const command = ['unshare', '-m', 'sh', '-c', script, 'sh', ...flags, '-H', `unix://${folder}.sock`];
    const child = spawn('nsenter', [`--net=/var/run/netns/${namespace(this.#index)}`, ...command, ...this.#runtime], {
      stdio: ['ignore', log.fd, log.fd],
      detached: true,
    });
    await log.close();
    this.#child = child;
    await until(async () => {
      if (child.exitCode !== null)
        throw new Error(
          `dockerd in a network namespace: ${child.exitCode}\n${await readFile(`${folder}.log`, 'utf8')}`,
        );
      return this.docker.ping().catch(() => undefined);
    });
  }

  async stop(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined || child.exitCode !== null) return;
    child.kill('SIGTERM');
    await once(child, 'exit');
  }

  async remove(): Promise<void> {
    if (this.#child === undefined) return;
    await this.docker.swarmLeave({ force: true }).catch(() => undefined);
    for (const { Id } of await this.docker.listContainers({ all: true }).catch(() => []))
      await this.docker
        .getContainer(Id)
        .remove({ force: true })
        .catch(() => undefined);
    await this.stop();
  }
}

/** The runtime of the engine that runs already, which knows what this machine allows. */
async function runtimeFlags(docker: Docker): Promise<string[]> {
  const { DefaultRuntime, Runtimes } = (await docker.info()) as {
    DefaultRuntime: string;
    Runtimes: Record<string, { path?: string }>;
  };
  const path = Runtimes[DefaultRuntime]?.path;
  if (DefaultRuntime === 'runc' || path === undefined) return [];
  return ['--add-runtime', `${DefaultRuntime}=${path}`, '--default-runtime', DefaultRuntime];
}

async function must(...command: readonly string[]): Promise<void> {
  const { code, stderr } = await run(command);
  if (code !== 0) throw new Error(`${command.join(' ')}: ${code} ${stderr}`);
}

/** Gives an image of one engine to others. */
export async function copyImage(from: Docker, image: string, to: readonly Docker[]): Promise<void> {
  await Promise.all(
    to.map(async (engine) => {
      const loading = await engine.loadImage(await from.getImage(image).get());
      for await (const _ of loading as unknown as AsyncIterable<Buffer>);
    }),
  );
}
