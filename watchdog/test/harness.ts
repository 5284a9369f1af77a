import { execFileSync, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { type IncomingHttpHeaders, request } from 'node:http';
import type { Socket } from 'node:net';
import { arch, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import ava, { type ExecutionContext } from 'ava';

/** One after the other: forty watchdogs starting at once would each be too slow to be told anything. */
export const test = ava.serial;

const root = join(import.meta.dirname, '../..');
/** Small programs that the tests run behind the watchdog. */
export const FUNCTIONS = join(root, 'test/functions');
export const EXECUTABLE = join(root, `dist/fwatchdog-linux-${arch() === 'arm64' ? 'arm64' : 'x64'}`);

/** The two forms of the watchdog; every behaviour holds for both. */
export const RUNTIMES: Readonly<Record<string, readonly string[]>> = {
  executable: [EXECUTABLE],
  node: ['sh', join(root, 'tools/node'), join(root, 'watchdog/main.ts')],
};
/** Module mode only: the executable, started without a function, which then takes one on. */
export const POOLED: readonly string[] = [EXECUTABLE, '--pooled'];
execFileSync('sh', [join(root, 'tools/node'), join(root, 'tools/watchdog-executable.mjs')], { stdio: 'ignore' });

/** Marks every process of this run of a test file. */
const RUN = randomUUID();
/** Ends what is left when this test file is ended by AVA's timeout, which runs no teardown: its input closes then. */
const guardian = spawn(
  'sh',
  ['-c', `cat; grep -lsa WATCHDOG_TEST_RUN=${RUN} /proc/[0-9]*/environ | cut -d/ -f3 | xargs -r kill -9`],
  { detached: true, stdio: ['pipe', 'ignore', 'ignore'] },
);
guardian.unref();
(guardian.stdin as Socket).unref();

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly bytes: Buffer;
  readonly trailers: NodeJS.Dict<string>;
  /** The connection ended before the answer was whole. */
  readonly cut: boolean;
}

export interface CallOptions {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer | Readable;
  readonly signal?: AbortSignal;
}

export type Env = Readonly<Record<string, string>>;

/** A watchdog of a test, ended with it, together with every process that it started. */
export class Running {
  readonly #child: ReturnType<typeof spawn>;
  readonly #id = randomUUID();
  readonly temp = mkdtempSync(join(tmpdir(), 'watchdog-test-'));
  readonly #terminationLog = join(this.temp, 'termination.json');
  /** What it wrote to stdout and stderr so far. */
  log = '';
  readonly exited: Promise<Exit>;
  readonly ready: Promise<void>;
  #onLog: (() => void)[] = [];

  constructor(t: ExecutionContext, command: readonly string[], env: Env, cwd = root) {
    const [program, ...args] = command;
    const variables = {
      PATH: process.env.PATH,
      port: '0',
      metrics_port: '0',
      healthcheck_interval: '0',
      TMPDIR: this.temp,
      ready_fd: '3',
      DUNLIN_REPLICA: this.#id,
      WATCHDOG_TEST_RUN: RUN,
      termination_log: this.#terminationLog,
      ...env,
    };
    const pooled = command === POOLED;
    this.#child = spawn(program!, args, {
      cwd: pooled ? this.temp : cwd,
      env: pooled ? atExec(variables) : variables,
      stdio: [pooled ? 'pipe' : 'ignore', 'pipe', 'pipe', 'pipe'],
    });
    t.teardown(() => this.#end());
    const [, stdout, stderr, readyPipe] = this.#child.stdio as unknown as Readable[];
    for (const stream of [stdout!, stderr!])
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.log += text;
        for (const look of this.#onLog) look();
      });
    this.exited = once(this.#child, 'close').then(([code, signal]) => ({ code, signal }) as Exit);
    this.ready = new Promise((resolve, reject) => {
      readyPipe!.once('data', () => {
        if (!pooled) return resolve();
        readyPipe!.once('data', () => resolve());
        this.#child.stdin!.end(`${JSON.stringify({ cwd, environment: variables })}\n`);
      });
      void this.exited.then(() => reject(new Error(`ended before it was ready:\n${this.log}`)));
    });
    this.ready.catch(() => {});
  }

  get pid(): number {
    return this.#child.pid!;
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Resolves with the match once the log has it. */
  line(pattern: RegExp): Promise<RegExpExecArray> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        const match = pattern.exec(this.log);
        if (match === null) return;
        this.#onLog = this.#onLog.filter((other) => other !== look);
        resolve(match);
      };
      this.#onLog.push(look);
      void this.exited.then(() => reject(new Error(`ended without ${pattern}:\n${this.log}`)));
      look();
    });
  }

  /** What it left when it ended by itself. */
  termination(): { code: string; message: string; exitCode?: number; signal?: string; lastLogLines: string[] } {
    return JSON.parse(readFileSync(this.#terminationLog, 'utf8'));
  }

  async port(): Promise<number> {
    return Number((await this.line(/Listening on port: (\d+)\D/))[1]);
  }

  async call(options: CallOptions = {}): Promise<Answer> {
    const at = { host: '127.0.0.1', port: await this.port() };
    return callAt(at, options).catch((cause) => {
      throw new Error(`${cause.message}; the log has:\n${this.log}`, { cause });
    });
  }

  /** Processes that carry the replica's mark, without the watchdog itself. */
  processes(): number[] {
    return marked(this.#id).filter((pid) => pid !== this.pid);
  }

  /** The processes, when there are `count` of them: one that was just started has no environment for a moment. */
  async started(count: number): Promise<number[]> {
    const patience = AbortSignal.timeout(10_000);
    while (this.processes().length < count && !patience.aborted) await setImmediate();
    return this.processes();
  }

  /** The processes that do not end: one that was just killed may take a moment to be gone. */
  async left(): Promise<number[]> {
    const patience = AbortSignal.timeout(10_000);
    while (this.processes().length > 0 && !patience.aborted) await setImmediate();
    return this.processes();
  }

  async #end(): Promise<void> {
    for (const pid of marked(this.#id)) killQuietly(pid);
    this.#child.kill('SIGKILL');
    await this.exited;
    for (const pid of marked(this.#id)) killQuietly(pid);
    rmSync(this.temp, { recursive: true, force: true });
  }
}

/** Starts a watchdog and waits until it is ready. */
export async function start(t: ExecutionContext, command: readonly string[], env: Env, cwd?: string): Promise<Running> {
  const running = new Running(t, command, env, cwd);
  await running.ready;
  return running;
}

export function callAt(
  at: { readonly host: string; readonly port: number } | { readonly socketPath: string },
  { method = 'GET', path = '/', headers = {}, body, signal }: CallOptions = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const req = request({ ...at, method, path, headers, agent: false, ...(signal && { signal }) }, (res) => {
      const chunks: Buffer[] = [];
      res.on('data', (chunk: Buffer) => chunks.push(chunk)).on('error', () => {});
      res.once('close', () => {
        const bytes = Buffer.concat(chunks);
        const { statusCode: status = 0, trailers } = res;
        resolve({ status, headers: res.headers, body: bytes.toString(), bytes, trailers, cut: !res.complete });
      });
    });
    req.once('error', reject);
    if (body !== undefined && typeof body === 'object' && 'pipe' in body) body.pipe(req);
    else req.end(body);
  });
}

/** The part of the environment that a pooled watchdog is started with. */
const atExec = ({ PATH, TMPDIR, DUNLIN_REPLICA, WATCHDOG_TEST_RUN }: NodeJS.ProcessEnv): NodeJS.ProcessEnv => ({
  PATH,
  TMPDIR,
  DUNLIN_REPLICA,
  WATCHDOG_TEST_RUN,
});

function marked(id: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/environ`, 'latin1').includes(`DUNLIN_REPLICA=${id}`);
      } catch {
        return false;
      }
    });
}

function killQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended meanwhile.
  }
}
