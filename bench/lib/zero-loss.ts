import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Random } from '../../common/http/testing/random.ts';
import { signalProcess } from '../../provider/embedded/processes/kill-all.ts';
import { type Platform, replicaProcesses, root, run, startPlatform } from '../../test/harness/platform.ts';
import type { LostCall, Orders, Report } from './zero-loss-client.ts';

export interface ZeroLossOptions {
  readonly rounds: number;
  /** Each round goes on until its part of them has been made. */
  readonly calls: number;
  readonly seed: number;
  readonly log: (line: string) => void;
}

export interface ZeroLossResult {
  readonly calls: number;
  /** Calls that no kill excuses. */
  readonly failed: readonly LostCall[];
  /** Calls that were in flight on a replica at its kill -9 and were told so. */
  readonly died: readonly LostCall[];
  readonly kills: number;
  readonly takeOvers: number;
}

const CLIENTS = 2;
const CONNECTIONS = 16;
const IMAGE = 'zero-loss:latest';
/** Between the kernel's last word on a process and our look at it; all clocks are the machine's. */
const CLOCK_MS = 5;
const HANDLER = `
export default async function handle(event) {
  const ms = Number(event.query.ms ?? 0);
  if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms));
  return process.env.OPENFAAS_NAME + ' ' + (event.method === 'GET' ? event.path : event.text());
}
`;
/** What happens in a round, each while calls are being made. */
const STEPS = [
  'deploy',
  'update',
  'scale to 5',
  'scale to 0',
  'scale to 1',
  'kill',
  'take-over',
  // Of one that the gateway which has it now did not start.
  'kill',
  'remove',
] as const;

/** Calls without end against a real gateway with the embedded engine, while everything that happens to it happens. */
export async function zeroLoss(options: ZeroLossOptions): Promise<ZeroLossResult> {
  await using platform = await startPlatform({ args: ['--no-sample'] });
  await buildFunction(platform);
  await deploy(platform, 'steady', 2);
  await using load = new Load(platform, options);
  await load.call(['steady']);
  const random = new Random(options.seed);
  const kills: Kill[] = [];
  let told = 0;
  const share = options.calls / (options.rounds * STEPS.length);
  for (let round = 1; round <= options.rounds; round++) {
    const extra = `round-${round}`;
    for (const [index, step] of STEPS.entries()) {
      switch (step) {
        case 'deploy':
          await deploy(platform, extra, 1);
          await load.call(['steady', extra]);
          break;
        case 'update':
          await update(platform, 'steady', round);
          break;
        case 'scale to 5':
          await scale(platform, 'steady', 5);
          break;
        case 'scale to 0':
          await scale(platform, 'steady', 0);
          break;
        case 'scale to 1':
          await scale(platform, 'steady', 1);
          break;
        case 'kill':
          kills.push(await kill(platform, random));
          break;
        case 'take-over':
          // Changes that are asked for meanwhile wait for the gateway that comes.
          await Promise.all([takeOver(platform), scale(platform, 'steady', 2), update(platform, extra, round)]);
          break;
        case 'remove':
          await load.call(['steady']);
          await remove(platform, extra);
      }
      const done = (round - 1) * STEPS.length + index + 1;
      await load.until(Math.ceil(share * done));
      if (load.lost.length > 10_000) throw new Error('more than 10,000 calls were lost');
    }
    const failed = load.lost.filter((lost) => !excuses(kills, lost));
    for (const lost of failed.slice(told)) options.log(JSON.stringify(lost));
    told = failed.length;
    options.log(
      `round ${round} of ${options.rounds}: ${load.calls} calls, ${told} failed, ${load.lost.length - told} in flight at a kill`,
    );
  }
  await load.end();
  const died = load.lost.filter((lost) => excuses(kills, lost));
  const failed = load.lost.filter((lost) => !excuses(kills, lost));
  return { calls: load.calls, failed, died, kills: kills.length, takeOvers: options.rounds };
}

interface Kill {
  readonly replica: string;
  /** When its last process had ended, in Unix milliseconds: until then its socket takes connections. */
  readonly goneAt: number;
}

/** In flight on that replica at its end, and answered with the truth. */
const excuses = (kills: readonly Kill[], { code, replica, startedAt }: LostCall): boolean =>
  (code === 'replica_died' || code === 'replica_crashed') &&
  kills.some((kill) => kill.replica === replica && startedAt <= kill.goneAt + CLOCK_MS);

/** kill -9 of a replica's watchdog, any one's. */
async function kill(platform: Platform, random: Random): Promise<Kill> {
  const [replica, pids] = random.pick([...replicaProcesses(platform.dataDir)]);
  for (const pid of pids) signalProcess(pid, 'SIGKILL');
  while (pids.some(runs)) await nextTurn();
  return { replica, goneAt: performance.timeOrigin + performance.now() };
}

/** A zombie has closed its sockets, once its last thread has ended too. */
function runs(pid: number): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'latin1')) || readdirSync(`/proc/${pid}/task`).length > 1;
  } catch {
    return false;
  }
}

async function takeOver(platform: Platform): Promise<void> {
  const command = ['sh', join(root, 'tools/node'), join(root, 'gateway/main.ts'), '--take-over'];
  const { code, stderr } = await run([...command, '--data', platform.dataDir]);
  if (code !== 0) throw new Error(`the take-over failed: ${stderr}`);
}

async function buildFunction(platform: Platform): Promise<void> {
  const cwd = await mkdtemp(join(tmpdir(), 'dunlin-zero-loss-'));
  try {
    for (const args of [['new', '--lang', 'javascript', 'zero-loss'], ['build'], ['push']]) {
      if (args[0] === 'build') await writeFile(join(cwd, 'zero-loss/handler.js'), HANDLER);
      const { code, stdout, stderr } = await platform.cli(args, { cwd });
      if (code !== 0) throw new Error(`faas-cli ${args.join(' ')}: ${stdout}${stderr}`);
    }
  } finally {
    await rm(cwd, { recursive: true, force: true });
  }
}

async function deploy(platform: Platform, name: string, replicas: number): Promise<void> {
  const labels = { 'com.openfaas.scale.min': String(replicas) };
  await change(platform, 'POST', '/system/functions', { service: name, image: IMAGE, labels });
}

async function update(platform: Platform, name: string, revision: number): Promise<void> {
  const envVars = { revision: String(revision) };
  await change(platform, 'PUT', '/system/functions', { service: name, image: IMAGE, envVars });
}

async function scale(platform: Platform, name: string, replicas: number): Promise<void> {
  await change(platform, 'POST', `/system/scale-function/${name}`, { serviceName: name, replicas });
}

async function remove(platform: Platform, name: string): Promise<void> {
  await change(platform, 'DELETE', '/system/functions', { functionName: name });
}

async function change(platform: Platform, method: string, path: string, body: unknown): Promise<void> {
  const answer = await platform.api(path, { method, body });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
}

/** The processes that call. */
class Load implements AsyncDisposable {
  calls = 0;
  readonly lost: LostCall[] = [];
  readonly #clients: readonly ChildProcess[];
  readonly #exits: readonly Promise<unknown>[];
  readonly #port: number;
  readonly #seed: number;
  /** What each client still calls. */
  readonly #calling = new Map<ChildProcess, readonly string[]>();
  #onReport: () => void = () => undefined;

  constructor(platform: Platform, { seed }: ZeroLossOptions) {
    this.#port = Number(new URL(platform.url).port);
    this.#seed = seed;
    const file = join(import.meta.dirname, 'zero-loss-client.ts');
    this.#clients = Array.from({ length: CLIENTS }, () =>
      fork(file, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] }),
    );
    this.#exits = this.#clients.map((client) => once(client, 'exit'));
    for (const client of this.#clients)
      client.on('message', (report: Report) => {
        this.calls += report.calls;
        this.lost.push(...report.lost);
        this.#calling.set(client, report.functions);
        this.#onReport();
      });
  }

  /** From now on these; resolves once no call of another is under way. */
  async call(functions: readonly string[]): Promise<void> {
    for (const [index, client] of this.#clients.entries())
      client.send({
        port: this.#port,
        seed: this.#seed + index,
        connections: CONNECTIONS,
        functions,
      } satisfies Orders);
    const others = () => [...this.#calling.values()].flat().some((name) => !functions.includes(name));
    while (others()) await this.#report();
  }

  /** Resolves once so many calls have been made in all. */
  async until(calls: number): Promise<void> {
    while (this.calls < calls) await this.#report();
  }

  /** Resolves once the last call is through. */
  async end(): Promise<void> {
    for (const client of this.#clients)
      client.send({ port: 0, seed: 0, connections: 0, functions: [] } satisfies Orders);
    await Promise.all(this.#exits);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) client.kill('SIGKILL');
    await Promise.all(this.#exits);
  }

  #report(): Promise<void> {
    if (this.#clients.some(({ exitCode, signalCode }) => exitCode !== null || signalCode !== null))
      throw new Error('a client has ended');
    return new Promise((resolve) => (this.#onReport = resolve));
  }
}
