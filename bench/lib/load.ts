import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../common/free-port.ts';

/** A process under measurement. */
export interface Served {
  readonly pid: number;
  readonly port: number;
  stop(): Promise<void>;
}

/** What one round of load cost. */
export interface LoadResult {
  readonly requests: number;
  readonly requestsPerSecond: number;
  /** Of the process measured, user and system, per request. */
  readonly cpuMicroseconds: number;
  readonly errors: number;
}

/** Whether Debian's haproxy, nginx and wrk are here. */
export function hasLoadTools(): boolean {
  return ['haproxy', 'nginx', 'wrk'].every((tool) => spawnSync('which', [tool]).status === 0);
}

/** User and system time that a process has used, in seconds: fields 14 and 15 of proc(5)'s stat. */
function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond();
}

let ticks = 0;
function ticksPerSecond(): number {
  ticks ||= Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));
  return ticks;
}

/** Loads a server with wrk, on one thread, and measures what that costs the process `served`. */
export async function load(
  served: Pick<Served, 'pid' | 'port'>,
  options: {
    readonly connections: number;
    readonly seconds: number;
    readonly path?: string;
    readonly port?: number;
    /** A Lua file for wrk. */
    readonly script?: string;
    /** For the script's `init`. */
    readonly args?: readonly string[];
    /** A process whose CPU time counts too. */
    readonly withPid?: number;
  },
): Promise<LoadResult> {
  const { connections, seconds, path = '/', port = served.port, script, args = [], withPid } = options;
  const used = (): number => cpuSeconds(served.pid) + (withPid === undefined ? 0 : cpuSeconds(withPid));
  const url = `http://127.0.0.1:${port}${path}`;
  const before = used();
  const scripted = script === undefined ? [] : ['-s', script];
  const wrk = spawn('wrk', ['-t1', `-c${connections}`, `-d${seconds}s`, ...scripted, url, '--', ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let report = '';
  wrk.stdout.on('data', (chunk) => {
    report += chunk;
  });
  await new Promise((resolve) => wrk.on('close', resolve));
  const cpu = used() - before;
  const requests = Number(/(\d+) requests in/.exec(report)?.[1] ?? 0);
  const others = Number(/Non-2xx or 3xx responses: (\d+)/.exec(report)?.[1] ?? 0);
  const socketErrors = /Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/.exec(report) ?? [];
  return {
    requests,
    requestsPerSecond: Number(/Requests\/sec:\s+([\d.]+)/.exec(report)?.[1] ?? 0),
    cpuMicroseconds: (cpu * 1e6) / Math.max(1, requests),
    errors: others + socketErrors.slice(1).reduce((sum, count) => sum + Number(count), 0),
  };
}

/** nginx with one worker that answers every request with `bodyBytes` bytes; large ones, for GET only, from a file. */
export async function startNginx(bodyBytes = 5): Promise<Served> {
  const port = await freePort();
  const answer = (folder: string): string => {
    if (bodyBytes <= MAX_PARAMETER_BYTES) return `return 200 "${'x'.repeat(bodyBytes)}";`;
    writeFileSync(join(folder, 'body'), Buffer.alloc(bodyBytes, 'x'));
    return `root ${folder}; try_files /body =404; sendfile on;`;
  };
  return startConfigured('nginx', port, (folder) => ({
    // In the foreground without a master, so that the pid measured is the one that works.
    args: ['-c', join(folder, 'config'), '-e', join(folder, 'error.log')],
    config: `
      master_process off; daemon off; pid ${folder}/pid;
      events { worker_connections 16384; }
      http {
        access_log off; client_max_body_size 0; keepalive_requests 1000000000;
        client_body_temp_path ${folder}; proxy_temp_path ${folder}; fastcgi_temp_path ${folder};
        uwsgi_temp_path ${folder}; scgi_temp_path ${folder};
        server {
          listen 127.0.0.1:${port};
          location / { default_type text/plain; ${answer(folder)} }
        }
      }`,
  }));
}

/** The longest word that nginx's configuration may have. */
const MAX_PARAMETER_BYTES = 4000;

/**
 * HAProxy with one thread in front of `upstreamPort`, with connections reused.
 *
 * @param functions as many backends, each with connections of its own, for `/function/f0` and on
 */
export async function startHaproxy(upstreamPort: number, functions = 1): Promise<Served> {
  const port = await freePort();
  const names = Array.from({ length: functions }, (_, at) => `f${at}`);
  return startConfigured('haproxy', port, (folder) => ({
    args: ['-db', '-f', join(folder, 'config')],
    config: [
      'global\n  nbthread 1\n  maxconn 4000',
      'defaults\n  mode http\n  timeout connect 5s\n  timeout client 60s\n  timeout server 60s',
      `frontend in\n  bind 127.0.0.1:${port}\n  ${functions === 1 ? 'default_backend f0' : 'use_backend %[path,field(3,/)]'}`,
      ...names.map((name) => `backend ${name}\n  http-reuse always\n  server upstream 127.0.0.1:${upstreamPort}`),
      '',
    ].join('\n'),
  }));
}

/** A script of ours, run by `runtime` with `args`; it must listen on the port that it is given last. */
export async function startScript(runtime: string, args: readonly string[]): Promise<Served> {
  const port = await freePort();
  return startProcess(runtime, [...args, String(port)], port, () => {});
}

async function startConfigured(
  command: string,
  port: number,
  make: (folder: string) => { readonly args: readonly string[]; readonly config: string },
): Promise<Served> {
  const folder = mkdtempSync(join(tmpdir(), 'dunlin-bench-'));
  const { args, config } = make(folder);
  writeFileSync(join(folder, 'config'), config);
  return startProcess(command, args, port, () => rmSync(folder, { recursive: true }));
}

async function startProcess(
  command: string,
  args: readonly string[],
  port: number,
  cleanUp: () => void,
): Promise<Served> {
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL');
    await closed;
    cleanUp();
  };
  while (!(await accepts(port))) {
    if (child.exitCode !== null) {
      cleanUp();
      throw new Error(`${command} exited with ${child.exitCode}`);
    }
  }
  return { pid: child.pid!, port, stop };
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => setTimeout(resolve, 20, false));
  });
}
