import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { arch, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type { Served } from './load.ts';

const root = join(import.meta.dirname, '../..');
/** The executable that `npm run build` makes. */
export const EXECUTABLE = join(root, `dist/fwatchdog-linux-${arch() === 'arm64' ? 'arm64' : 'x64'}`);

/** A watchdog under measurement. */
export interface ServedWatchdog extends Served {
  /** From exec to the answer of /_/ready, in milliseconds. */
  readonly readyMs: number;
  /** Ends when the process has ended, with its exit code. */
  readonly ended: Promise<number | null>;
}

/** Starts the executable, with its log in a file, and waits until it is ready. */
export async function startWatchdog(env: Readonly<Record<string, string>>): Promise<ServedWatchdog> {
  const temp = mkdtempSync(join(tmpdir(), 'dunlin-bench-'));
  const logFile = join(temp, 'log');
  const log = openSync(logFile, 'w');
  const startedAt = performance.now();
  const child: ChildProcess = spawn(EXECUTABLE, [], {
    cwd: root,
    env: {
      PATH: process.env.PATH,
      port: '0',
      metrics_port: '0',
      healthcheck_interval: '0',
      TMPDIR: temp,
      ready_fd: '3',
      ...env,
    },
    stdio: ['ignore', log, log, 'pipe'],
  });
  const ended = once(child, 'close').then(([code]) => code as number | null);
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM');
    await ended;
    rmSync(temp, { recursive: true, force: true });
  };
  const ready = once(child.stdio[3] as Readable, 'data');
  const outcome = await Promise.race([ready, ended]);
  const text = readFileSync(logFile, 'utf8');
  const port = Number(/Listening on port: (\d+)/.exec(text)?.[1]);
  if (!Array.isArray(outcome)) throw new Error(`the watchdog did not start:\n${text}`);
  const path = env.mode === undefined ? '/_/health' : '/_/ready';
  await firstAnswer(port, path);
  return { pid: child.pid!, port, readyMs: performance.now() - startedAt, ended, stop };
}

/** By a bare socket: an HTTP client's own first call takes longer than the watchdog's start. */
async function firstAnswer(port: number, path: string): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  socket.write(`GET ${path} HTTP/1.1\r\nHost: bench\r\n\r\n`);
  const [answer] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  if (!answer.toString('latin1').startsWith('HTTP/1.1 200')) throw new Error(`${path}: ${answer.toString('latin1')}`);
}

/** A line of /proc/PID/status such as VmRSS or VmHWM, in megabytes. */
export function memoryMb(pid: number, line: 'VmRSS' | 'VmHWM'): number {
  const text = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(new RegExp(`^${line}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1]) / 1024;
}
