import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import { signalProcess } from '../../provider/embedded/processes/kill-all.ts';

export const root = join(import.meta.dirname, '../..');
/** Looking leaves the processor, and a Swarm's engine, to what is waited for. */
const LOOK_MS = 20;

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliOptions {
  readonly cwd?: string;
  readonly input?: string;
}

/**
 * A real gateway with the embedded engine, started as `npm start` starts it, on free ports and a data folder of its
 * own, and the real faas-cli against it. Dispose of it and no process and no folder is left.
 */
export class Platform implements AsyncDisposable {
  readonly url: string;
  readonly metricsUrl: string;
  readonly dataDir: string;
  readonly pid: number;
  /** What the gateway printed until it was ready. */
  readonly greeting: string;
  readonly #gateway: ChildProcess;

  constructor(gateway: ChildProcess, dataDir: string, greeting: string) {
    this.#gateway = gateway;
    this.pid = gateway.pid!;
    this.dataDir = dataDir;
    this.greeting = greeting;
    const { url, metricsUrl } = JSON.parse(readFileSync(join(dataDir, 'gateway.json'), 'utf8'));
    this.url = url;
    this.metricsUrl = metricsUrl;
  }

  /** The Authorization header of the generated credentials. */
  get authorization(): string {
    const { userFile, passwordFile } = JSON.parse(readFileSync(join(this.dataDir, 'gateway.json'), 'utf8'));
    const pair = `${readFileSync(userFile, 'utf8').trim()}:${readFileSync(passwordFile, 'utf8').trim()}`;
    return `Basic ${Buffer.from(pair).toString('base64')}`;
  }

  /** One request to `/system/...` with credentials; a body is sent as JSON. */
  api(path: string, init: { method?: string; body?: unknown } = {}): Promise<Response> {
    return fetch(`${this.url}${path}`, {
      method: init.method ?? 'GET',
      headers: { authorization: this.authorization, 'content-type': 'application/json' },
      ...(init.body === undefined ? {} : { body: JSON.stringify(init.body) }),
    });
  }

  call(name: string, init?: RequestInit): Promise<Response> {
    return fetch(`${this.url}/function/${name}`, init);
  }

  /** Runs the CLI with this gateway's login, found as a user's would be. */
  cli(args: readonly string[], options: CliOptions = {}): Promise<Finished> {
    return run([join(root, 'bin/faas-cli'), ...args], { ...options, env: this.environment });
  }

  /** By which a faas-cli finds this gateway and its login. */
  get environment(): Record<string, string> {
    return { OPENFAAS_URL: this.url, DUNLIN_DATA: this.dataDir, OPENFAAS_CONFIG: join(this.dataDir, 'cli') };
  }

  /** Resolves once `ready(status)` holds of the function. Asks again until then, as `faas-cli ready` does. */
  async until(
    name: string,
    ready: (status: { replicas: number; availableReplicas: number }) => boolean,
  ): Promise<void> {
    for (;;) {
      const answer = await this.api(`/system/function/${name}`);
      if (answer.ok) {
        const { replicas = 0, availableReplicas = 0 } = (await answer.json()) as Record<string, number>;
        if (ready({ replicas, availableReplicas })) return;
      }
      await setTimeout(LOOK_MS);
    }
  }

  /** As when the terminal, or the program that its output is piped to, goes away. */
  closeOutput(): void {
    this.#gateway.stdout!.destroy();
    this.#gateway.stderr!.destroy();
  }

  /** kill -9 of the gateway alone; its replicas live on. */
  async kill(): Promise<void> {
    if (this.#gateway.exitCode !== null || this.#gateway.signalCode !== null) return;
    const exited = once(this.#gateway, 'exit');
    this.#gateway.kill('SIGKILL');
    await exited;
  }

  /** As Ctrl-C does; resolves with the exit code. */
  async stop(): Promise<number | null> {
    if (this.#gateway.exitCode !== null || this.#gateway.signalCode !== null) return this.#gateway.exitCode;
    const exited = once(this.#gateway, 'exit');
    this.#gateway.kill('SIGINT');
    await exited;
    return this.#gateway.exitCode;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    killMarked(this.dataDir);
    await rm(this.dataDir, { recursive: true, force: true });
  }
}

/**
 * Starts a gateway and resolves when it is ready for calls.
 *
 * @throws Error with what it printed, when it ends before
 */
export async function startPlatform(
  options: { dataDir?: string; args?: readonly string[]; env?: Record<string, string> } = {},
): Promise<Platform> {
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'dunlin-')));
  const args = ['--port', '0', '--metrics-port', '0', '--data', dataDir, ...(options.args ?? [])];
  const gateway = spawn('sh', [join(root, 'tools/node'), join(root, 'gateway/main.ts'), ...args], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...cleanEnvironment(), ...options.env },
  });
  // All of its output has been read then.
  const closed = once(gateway, 'close');
  let printed = '';
  const lines = createInterface(gateway.stdout!);
  createInterface(gateway.stderr!).on('line', (line) => (printed += `${line}\n`));
  for await (const line of lines) {
    printed += `${line}\n`;
    if (/Ctrl-C/.test(line)) {
      gateway.stdout!.resume();
      return new Platform(gateway, dataDir, printed);
    }
  }
  await closed;
  throw new Error(`the gateway ended before it was ready:\n${printed}`);
}

/** Runs a program to its end. */
export async function run(
  [command, ...args]: readonly string[],
  options: CliOptions & { env?: Record<string, string> } = {},
): Promise<Finished> {
  const child = spawn(command!, args, {
    cwd: options.cwd ?? root,
    env: { ...cleanEnvironment(), ...options.env },
  });
  child.stdin.on('error', () => undefined).end(options.input ?? '');
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (chunk) => (stdout += chunk));
  child.stderr.setEncoding('utf8').on('data', (chunk) => (stderr += chunk));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stdout, stderr };
}

/** The processes of every replica that belongs to a data folder, whoever their parent is, by the replica's id. */
export function replicaProcesses(dataDir: string): Map<string, number[]> {
  return byReplica(markedProcesses(dataDir).filter(({ waits }) => !waits));
}

/** Of {@link markedProcesses} those that wait for a function. */
export function pooledProcesses(dataDir: string): Map<string, number[]> {
  return byReplica(markedProcesses(dataDir).filter(({ waits }) => waits));
}

/** Ends what is left of a data folder's replicas. */
export function killMarked(dataDir: string): void {
  for (const { pid } of markedProcesses(dataDir)) signalProcess(pid, 'SIGKILL');
}

interface MarkedProcess {
  readonly pid: number;
  readonly replica: string;
  /** For a function, in the folder of its own. Once it has become a replica it works in that of the bundle. */
  readonly waits: boolean;
}

/** As the next gateway finds them, those that wait for a function with them. */
function markedProcesses(dataDir: string): readonly MarkedProcess[] {
  const pids = readdirSync('/proc').filter((entry) => /^\d+$/.test(entry));
  return pids.flatMap((pid) => {
    try {
      const variables = stringsOf(pid, 'environ');
      const replica = variables.find((variable) => variable.startsWith('DUNLIN_REPLICA='))?.split('=')[1];
      if (replica === undefined || !variables.includes(`DUNLIN_DATA=${dataDir}`)) return [];
      const command = stringsOf(pid, 'cmdline');
      const ownFolder = readlinkSync(`/proc/${pid}/cwd`) === join(dataDir, 'run', replica);
      // One that is ending has no command any more, and what it was cannot be told.
      if (command.length === 1) return [];
      return [{ pid: Number(pid), replica, waits: command.includes('--pooled') && ownFolder }];
    } catch {
      return []; // ended meanwhile
    }
  });
}

/** Each with a NUL after it, so of nothing one empty string. */
const stringsOf = (pid: string, file: string): string[] => readFileSync(`/proc/${pid}/${file}`, 'utf8').split('\0');

function byReplica(processes: readonly MarkedProcess[]): Map<string, number[]> {
  const groups = Map.groupBy(processes, ({ replica }) => replica);
  return new Map([...groups].map(([replica, group]) => [replica, group.map(({ pid }) => pid)]));
}

/** This process's environment without what would change the programs under test. */
export function cleanEnvironment(): NodeJS.ProcessEnv {
  const { OPENFAAS_URL, OPENFAAS_CONFIG, DUNLIN_DATA, CI, ...rest } = process.env;
  return { ...rest, NO_COLOR: '1' };
}
