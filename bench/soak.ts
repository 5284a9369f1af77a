import { randomUUID } from 'node:crypto';
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
const CONCURRENCY = 32;
/** A variable that every process of a watchdog inherits. */
const MARK = 'SOAK_REPLICA';
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

/** A path that hangs costs its time limit, one that is reset the wait for news of the process's end. */
const SELDOM = new Set(['/hang', '/reset']);

/** What a call does beside being made: nothing, hang up, read slowly, write slowly. */
const MANNERS = ['plain', 'plain', 'plain', 'plain', 'plain', 'plain', 'abort', 'slow-read', 'slow-write'] as const;

/**
 * More growth than this from half to all of the calls, each time at rest, counts as a leak. At first the allocator
 * grows towards the most that calls in flight ever needed together, which half of the calls have seen; after it, it
 * moves by up to some ten megabytes either way. 24 MB over module mode's 55,000 calls are less than 450 bytes a call.
 */
const GROWTH_MB = 24;
const CRASHES = 20;
const CALLS_BEFORE_CRASH = 50;

export async function run({ seed, log }: BenchOptions): Promise<BenchResult> {
  const total = Number(process.env.SOAK_REQUESTS ?? 200_000);
  const random = new Random(seed);
  const rows: string[][] = [
    [
      'mode',
      'calls',
      'answered',
      'processes left',
      'descriptors left',
      'listeners left',
      'MB at half',
      'MB at end',
      's',
    ],
  ];
  let leaked = 0;
  let requests = 0;
  let growthMb = 0;
  for (const mode of MODES) {
    const startedAt = performance.now();
    const replica = randomUUID();
    const env = { ...mode.env, exec_timeout: '200ms', access_log: 'false', [MARK]: replica };
    const watchdog = await startWatchdog(env);
    try {
      const calls = Math.ceil(total * mode.share);
      const half = Math.ceil(calls / 2);
      let answered = await callMany(watchdog, mode, half, random);
      const before = await atRest(watchdog, replica);
      answered += await callMany(watchdog, mode, calls - half, random);
      const after = await atRest(watchdog, replica);
      const processes = after.processes - before.processes;
      const descriptors = after.descriptors - before.descriptors;
      const listeners = after.listeners - before.listeners;
      const grewMb = after.memoryMb - before.memoryMb;
      leaked += Math.max(0, processes) + Math.max(0, descriptors) + Math.max(0, listeners);
      if (grewMb > GROWTH_MB) leaked++;
      growthMb = Math.max(growthMb, grewMb);
      requests += calls;
      const counts = [calls, answered, processes, descriptors, listeners].map(String);
      const seconds = ((performance.now() - startedAt) / 1000).toFixed(0);
      rows.push([mode.name, ...counts, before.memoryMb.toFixed(1), after.memoryMb.toFixed(1), seconds]);
      log(rows.at(-1)!.join('  '));
    } finally {
      await watchdog.stop();
    }
    leaked += await leftOf(replica);
  }
  const crashes = await crashMany(random);
  leaked += crashes.leaked;
  requests += crashes.calls;
  rows.push(['http, crashing', ...[crashes.calls, crashes.answered, crashes.leaked].map(String), '', '', '', '', '']);
  return { figures: { requests, leaked, growthMb }, table: rows };
}

/** Processes of http mode that end under calls: each takes its watchdog with it, and nothing is left of either. */
async function crashMany(random: Random): Promise<{ calls: number; answered: number; leaked: number }> {
  const mode = MODES.find(({ name }) => name === 'http')!;
  let answered = 0;
  let leaked = 0;
  for (let i = 0; i < CRASHES; i++) {
    const replica = randomUUID();
    const watchdog = await startWatchdog({ ...mode.env, exec_timeout: '200ms', access_log: 'false', [MARK]: replica });
    const path = random.pick(['/exit', '/exit-0', '/kill']);
    const calls = callMany(watchdog, mode, CALLS_BEFORE_CRASH, random);
    const crash = await fetch(`http://127.0.0.1:${watchdog.port}${path}`);
    if (crash.status !== 502) throw new Error(`${path} was answered with ${crash.status}: ${await crash.text()}`);
    answered += await calls;
    const expected = path === '/exit' ? 4 : 1;
    const exitCode = await watchdog.ended;
    if (exitCode !== expected) throw new Error(`the watchdog did not end with its process: ${exitCode} (${path})`);
    await watchdog.stop();
    leaked += await leftOf(replica);
  }
  return { calls: CRASHES * (CALLS_BEFORE_CRASH + 1), answered: answered + CRASHES, leaked };
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
  const paths = random.chance(0.05) ? mode.paths : mode.paths.filter((path) => !SELDOM.has(path));
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
  readonly listeners: number;
  readonly memoryMb: number;
}

/** Longer than any connection is kept without a call, in http mode's pool to its process. */
const REST_MS = 5000;
const LOOK_MS = 500;
/** What is still held then is held for good. */
const PATIENCE_MS = 15_000;

/** What the watchdog holds at rest: when it has not changed for a while. */
async function atRest({ pid }: ServedWatchdog, replica: string): Promise<Holdings> {
  let last = '';
  let unchangedMs = 0;
  for (let waited = 0; unchangedMs < REST_MS && waited < PATIENCE_MS; waited += LOOK_MS) {
    await delay(LOOK_MS);
    const now = `${processesOf(replica).length} ${descriptorsOf(pid).length}`;
    unchangedMs = now === last ? unchangedMs + LOOK_MS : 0;
    last = now;
  }
  const descriptors = descriptorsOf(pid);
  const listening = listeningSockets();
  return {
    processes: processesOf(replica).length,
    descriptors: descriptors.length,
    listeners: descriptors.filter((target) => listening.has(target)).length,
    memoryMb: memoryMb(pid, 'VmRSS'),
  };
}

/** Processes that carry a replica's mark once it has ended; one that was just killed may take a moment to be gone. */
async function leftOf(replica: string): Promise<number> {
  for (let looks = 0; looks < 20 && processesOf(replica).length > 0; looks++) await delay(LOOK_MS);
  return processesOf(replica).length;
}

/** What its descriptors stand for. */
function descriptorsOf(pid: number): string[] {
  return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/${pid}/fd/${fd}`)];
    } catch {
      return [];
    }
  });
}

/** As descriptors name them: `socket:[123]`. */
function listeningSockets(): Set<string> {
  const sockets = new Set<string>();
  for (const [table, state, inode, listening] of [
    ['tcp', 3, 9, '0A'],
    ['tcp6', 3, 9, '0A'],
    ['unix', 3, 6, '00010000'],
  ] as const)
    for (const line of readFileSync(`/proc/net/${table}`, 'utf8').split('\n').slice(1)) {
      const fields = line.trim().split(/\s+/);
      if (fields[state] === listening) sockets.add(`socket:[${fields[inode]}]`);
    }
  return sockets;
}

/** The watchdog and all that it started, wherever they were re-parented to. */
function processesOf(replica: string): string[] {
  return readdirSync('/proc').filter((entry) => {
    if (!/^\d+$/.test(entry)) return false;
    try {
      return readFileSync(`/proc/${entry}/environ`, 'latin1').includes(`${MARK}=${replica}`);
    } catch {
      return false;
    }
  });
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
