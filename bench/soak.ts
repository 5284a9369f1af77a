import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Random } from '../common/http/testing/random.ts';
import type { BenchOptions, BenchResult } from './bench.ts';
import { memoryMb, type ServedWatchdog, startWatchdog } from './lib/watchdog-process.ts';

export const name = 'soak';
export const question = 'Do the modes lose a process, a descriptor or memory over many calls that go wrong?';

const functions = join(import.meta.dirname, '../test/functions');
const CONCURRENCY = 16;
/** Shares of the calls; the modes that fork are slower by far. */
const MODES: readonly Mode[] = [
  {
    name: 'module',
    share: 0.55,
    paths: ['/text', '/stream', '/throw', '/broken-stream', '/hang', '/'],
    env: moduleEnv(),
  },
  { name: 'http', share: 0.3, paths: ['/created', '/cut', '/reset', '/hang', '/echo-head', '/'], env: httpEnv() },
  {
    name: 'static',
    share: 0.09,
    paths: ['/', '/http-server.mjs', '/none'],
    env: { mode: 'static', static_path: functions },
  },
  { name: 'fork', share: 0.02, paths: ['/'], env: { fprocess: script() } },
  { name: 'serializing', share: 0.02, paths: ['/'], env: { mode: 'serializing', fprocess: script() } },
  { name: 'streaming', share: 0.02, paths: ['/'], env: { mode: 'streaming', fprocess: script() } },
];

interface Mode {
  readonly name: string;
  readonly share: number;
  readonly paths: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** What a call does beside being made: nothing, hang up, read slowly, write slowly. */
const MANNERS = ['plain', 'plain', 'plain', 'plain', 'plain', 'plain', 'abort', 'slow-read', 'slow-write'] as const;

export async function run({ seed, log }: BenchOptions): Promise<BenchResult> {
  const total = Number(process.env.SOAK_REQUESTS ?? 200_000);
  const random = new Random(seed);
  const rows: string[][] = [
    ['mode', 'calls', 'answered', 'processes left', 'descriptors left', 'MB before', 'MB after'],
  ];
  let leaked = 0;
  let requests = 0;
  let growthMb = 0;
  for (const mode of MODES) {
    const watchdog = await startWatchdog({ ...mode.env, exec_timeout: '200ms', access_log: 'false' });
    try {
      const calls = Math.ceil(total * mode.share);
      const warmUp = Math.ceil(calls / 4);
      let answered = await callMany(watchdog, mode, warmUp, random);
      const before = await settled(watchdog);
      answered += await callMany(watchdog, mode, calls - warmUp, random);
      const after = await settled(watchdog);
      const processes = after.processes - before.processes;
      const descriptors = after.descriptors - before.descriptors;
      leaked += Math.max(0, processes) + Math.max(0, descriptors);
      growthMb = Math.max(growthMb, after.memoryMb - before.memoryMb);
      requests += calls;
      const counts = [calls, answered, processes, descriptors].map(String);
      rows.push([mode.name, ...counts, before.memoryMb.toFixed(1), after.memoryMb.toFixed(1)]);
      log(rows.at(-1)!.join('  '));
    } finally {
      await watchdog.stop();
    }
  }
  return { figures: { requests, leaked, growthMb }, table: rows };
}

async function callMany(watchdog: ServedWatchdog, mode: Mode, count: number, random: Random): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: CONCURRENCY });
  let left = count;
  let answered = 0;
  const caller = async (): Promise<void> => {
    while (left-- > 0) if (await call(watchdog.port, mode, agent, random)) answered++;
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, caller));
  agent.destroy();
  return answered;
}

function call(port: number, mode: Mode, agent: Agent, random: Random): Promise<boolean> {
  const manner = random.pick(MANNERS);
  // A path that hangs costs its whole time limit: seldom.
  const paths = random.chance(0.02) ? mode.paths : mode.paths.filter((path) => path !== '/hang');
  const path = random.pick(paths);
  const body = Buffer.alloc(random.int(0, random.chance(0.05) ? 300_000 : 2000), 'dunlin');
  return new Promise((resolve) => {
    const headers = { 'Content-Length': String(body.length) };
    const req = request({ port, method: 'POST', path, agent, headers }, (res) => {
      res.on('error', () => {}).on('close', () => resolve(res.complete));
      if (manner === 'slow-read') setTimeout(() => res.resume(), random.int(1, 30));
      else res.resume();
    });
    req.on('error', () => resolve(false));
    if (manner === 'slow-write') {
      const middle = body.length >> 1;
      req.write(body.subarray(0, middle));
      setTimeout(() => req.end(body.subarray(middle)), random.int(1, 30));
    } else req.end(body);
    if (manner === 'abort') setTimeout(() => req.destroy(), random.int(0, 20));
  });
}

interface Holdings {
  readonly processes: number;
  readonly descriptors: number;
  readonly memoryMb: number;
}

/** What the watchdog holds once it is at rest: when two looks in a row see the same, or after ten seconds. */
async function settled({ pid }: ServedWatchdog): Promise<Holdings> {
  let last = '';
  for (let looks = 0; looks < 40; looks++) {
    await delay(250);
    const now = `${childrenOf(pid)} ${descriptorsOf(pid)}`;
    if (now === last) break;
    last = now;
  }
  return { processes: childrenOf(pid), descriptors: descriptorsOf(pid), memoryMb: memoryMb(pid, 'VmRSS') };
}

/** Without the sockets of idle connections, which come and go: each of them has a counterpart that is counted. */
const descriptorsOf = (pid: number): number =>
  readdirSync(`/proc/${pid}/fd`).filter((fd) => {
    try {
      return readlinkSync(`/proc/${pid}/fd/${fd}`) !== '';
    } catch {
      return false;
    }
  }).length;

function childrenOf(pid: number): number {
  return readdirSync('/proc').filter((entry) => {
    if (!/^\d+$/.test(entry)) return false;
    try {
      const stat = readFileSync(`/proc/${entry}/stat`, 'latin1');
      return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1] === String(pid);
    } catch {
      return false;
    }
  }).length;
}

function moduleEnv(): Record<string, string> {
  return { mode: 'module', handler: join(functions, 'event-handler.ts') };
}

function httpEnv(): Record<string, string> {
  const server = join(functions, 'http-server.mjs');
  return { mode: 'http', fprocess: `${process.execPath} ${server}`, upstream_url: 'unix:' };
}

/** A process that, by chance of its number, answers, fails, hangs with a child of its own, or reads no input. */
function script(): string {
  return `sh -c 'case $(($$ % 8)) in 0) exit 3;; 1) sleep 60 & sleep 60;; 2) kill -9 $$;; 3) echo early;; *) cat;; esac'`;
}
