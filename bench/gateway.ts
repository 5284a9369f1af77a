import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { replicaProcesses, startPlatform } from '../test/harness/platform.ts';
import { type BenchOptions, type BenchResult, median } from './bench.ts';
import { type ServedGateway, startBenchGateway } from './lib/gateway-process.ts';
import { hasLoadTools, type LoadResult, load, type Served, startHaproxy, startNginx } from './lib/load.ts';
import { roundTrips } from './lib/round-trips.ts';
import { memoryMb } from './lib/watchdog-process.ts';

export const question = 'What does a call through the gateway cost, compared with HAProxy on one thread?';

const ROUNDS = 5;
const SECONDS = 2;
/** Of what is only reported. */
const SHORT = { rounds: 3, seconds: 1 };
/** Until the compilers have done most of their work, which they do in the same process; seconds at most. */
const WARM_UP = { requests: 80_000, seconds: 8 };
const MANY = 10_000;
const SCRAPES = 5;
const lib = join(import.meta.dirname, 'lib');

type Figures = Record<string, number>;
type Row = readonly string[];
type LoadOptions = Omit<Parameters<typeof load>[1], 'seconds'>;

/**
 * Metrics, call ids and everything else as by default; CPU of user and system from /proc, ratios of interleaved rounds.
 * GATEWAY_PARTS=proxy,module measures only these.
 */
export async function run({ log }: BenchOptions): Promise<BenchResult> {
  if (!hasLoadTools()) throw new Error('needs haproxy, nginx and wrk: apt-get install haproxy nginx-light wrk');
  const figures: Figures = { errors: 0 };
  const rows: Row[] = [['', 'gateway', 'HAProxy', 'ratio', 'spread']];
  const wanted = process.env.GATEWAY_PARTS?.split(',');
  for (const [part, measure] of Object.entries({ proxy, bodies, module: moduleFunction, many })) {
    if (wanted !== undefined && !wanted.includes(part)) continue;
    log(`${part} ...`);
    await measure(figures, rows);
  }
  return { figures, table: rows };
}

/** In front of a constant upstream: connections, and functions. */
async function proxy(figures: Figures, rows: Row[]): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const nginx = stack.adopt(await startNginx(), stop);
  const haproxy = stack.adopt(await startHaproxy(nginx.port), stop);
  const gateway = stack.adopt(await startBenchGateway(nginx.port, 1), stop);
  const thousand = stack.adopt(await startBenchGateway(nginx.port, 1000), stop);
  const path = '/function/f0';
  await warmUp(gateway, { connections: 32, path });

  const options = { connections: 32, path };
  figures.cpuVsHaproxy = await compare('32 connections', gateway, haproxy, options, figures, rows, {
    rounds: ROUNDS,
    seconds: SECONDS,
  });
  for (const connections of [1, 512])
    await compare(`${connections} connections`, gateway, haproxy, { connections, path }, figures, rows, SHORT);
  const spread = { connections: 32, script: join(lib, 'spread.lua'), args: ['1000'] };
  await warmUp(thousand, spread);
  await compare('1,000 functions in turn', thousand, haproxy, spread, figures, rows, SHORT);
  // What a thousand functions cost anybody: connections of their own, which are seldom in the caches.
  const backends = stack.adopt(await startHaproxy(nginx.port, 1000), stop);
  await warmUp(backends, spread);
  await compare('the same, with 1,000 backends', thousand, backends, spread, figures, rows, SHORT);
}

/** The costs of large bodies, down and up, per call. */
async function bodies(figures: Figures, rows: Row[]): Promise<void> {
  const path = '/function/f0';
  for (const [name, bytes, connections] of [
    ['1 KB', 1024, 32],
    ['100 KB', 102_400, 32],
    ['10 MB', 10_485_760, 8],
  ] as const) {
    await using stack = new AsyncDisposableStack();
    const nginx = stack.adopt(await startNginx(bytes), stop);
    const constant = stack.adopt(await startNginx(), stop);
    for (const [way, upstream, options] of [
      ['answered', nginx, { connections, path }],
      ['sent', constant, { connections, path, script: join(lib, 'upload.lua'), args: [String(bytes)] }],
    ] as const) {
      const haproxy = stack.adopt(await startHaproxy(upstream.port), stop);
      const gateway = stack.adopt(await startBenchGateway(upstream.port, 1), stop);
      await warmUp(gateway, options, 3);
      await compare(`${name} ${way}`, gateway, haproxy, options, figures, rows, SHORT);
    }
  }
}

/** A TypeScript function on the embedded engine: what gateway and watchdog cost together, and how long it takes. */
async function moduleFunction(figures: Figures, rows: Row[]): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const nginx = stack.adopt(await startNginx(), stop);
  const haproxy = stack.adopt(await startHaproxy(nginx.port), stop);
  const platform = stack.use(await startPlatform({ args: ['--no-sample'] }));
  const project = stack.adopt(mkdtempSync(join(tmpdir(), 'dunlin-bench-')), (folder) =>
    rmSync(folder, { recursive: true, force: true }),
  );
  for (const args of [['new', '--lang', 'typescript', 'hello'], ['up']]) {
    const { code, stdout, stderr } = await platform.cli(args, { cwd: project });
    if (code !== 0) throw new Error(`faas-cli ${args.join(' ')}:\n${stdout}${stderr}`);
  }
  const watchdogPid = [...replicaProcesses(platform.dataDir).values()].flat()[0]!;
  const { port } = new URL(platform.url);
  const gateway = { pid: platform.pid, port: Number(port) };
  const echo = { connections: 32, path: '/function/hello', script: join(lib, 'echo.lua') };
  await warmUp(gateway, echo);
  const name = 'with a TypeScript function';
  figures.gatewayPlusModuleCpuVsHaproxy = await compare(
    name,
    gateway,
    haproxy,
    echo,
    figures,
    rows,
    { rounds: ROUNDS, seconds: SECONDS },
    watchdogPid,
  );

  const through = { host: '127.0.0.1', port: gateway.port };
  const direct = { path: socketOf(watchdogPid) };
  const ratios: number[] = [];
  const p50: [number[], number[]] = [[], []];
  for (let round = -1; round < ROUNDS; round++) {
    const ours = median(await roundTrips(through, post('/function/hello'), 700));
    const theirs = median(await roundTrips(direct, post('/'), 700));
    if (round < 0) continue;
    ratios.push(ours / theirs);
    p50[0].push(ours);
    p50[1].push(theirs);
  }
  figures.p50OneConnectionVsDirect = median(ratios);
  figures.p50OneConnectionMicroseconds = median(p50[0]);
  const [ours, theirs] = p50.map((values) => `${median(values).toFixed(0)} µs`);
  rows.push([
    'p50, one connection; right: its watchdog itself',
    ours!,
    theirs!,
    median(ratios).toFixed(2),
    range(ratios),
  ]);
}

/** Ten thousand functions, each called once. */
async function many(figures: Figures, rows: Row[]): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const nginx = stack.adopt(await startNginx(), stop);
  const one = stack.adopt(await startBenchGateway(nginx.port, 1), stop);
  const gateway = stack.adopt(await startBenchGateway(nginx.port, MANY), stop);
  await callEach(gateway);
  figures.functions10000RssMb = memoryMb(gateway.pid, 'VmRSS');

  await gateway.loopDelay();
  let listBytes = 0;
  let scrapeBytes = 0;
  for (let i = 0; i < SCRAPES; i++) {
    listBytes = (await fetched(gateway.port, '/system/functions')).length;
    scrapeBytes = (await fetched(gateway.metricsPort, '/metrics')).length;
  }
  const delay = await gateway.loopDelay();
  figures.functions10000LoopDelayP99Ms = delay.p99Ms;
  figures.functions10000LoopDelayMaxMs = delay.maxMs;
  figures.functions10000RssAfterScrapesMb = memoryMb(gateway.pid, 'VmRSS');
  const mb = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;
  rows.push(['10,000 functions called once: memory', `${figures.functions10000RssMb.toFixed(0)} MB`]);
  rows.push(['  and after lists and scrapes', `${figures.functions10000RssAfterScrapesMb.toFixed(0)} MB`]);
  rows.push([
    `  delay of its loop while listing (${mb(listBytes)}) and scraping (${mb(scrapeBytes)}), p99`,
    ms(delay.p99Ms),
  ]);
  rows.push(['  the same, longest', ms(delay.maxMs)]);

  const path = `/function/f${MANY - 1}`;
  for (const each of [gateway, one])
    await warmUp(each, { connections: 32, path: each === one ? '/function/f0' : path });
  const ratios: number[] = [];
  for (let i = 0; i < SHORT.rounds; i++) {
    const ours = await load(gateway, { connections: 32, seconds: SHORT.seconds, path });
    const theirs = await load(one, { connections: 32, seconds: SHORT.seconds, path: '/function/f0' });
    ratios.push(ours.cpuMicroseconds / theirs.cpuMicroseconds);
  }
  figures.functions10000CpuVsOne = median(ratios);
  rows.push(['  CPU of a call, against one function', '', '', median(ratios).toFixed(2), range(ratios)]);
}

async function warmUp(
  served: Pick<Served, 'pid' | 'port'>,
  options: LoadOptions,
  maxSeconds = WARM_UP.seconds,
): Promise<void> {
  let requests = 0;
  for (let seconds = 0; requests < WARM_UP.requests && seconds < maxSeconds; seconds++)
    requests += (await load(served, { ...options, seconds: 1 })).requests;
}

/** @returns the median of the ratios of CPU per call */
async function compare(
  what: string,
  ours: Pick<Served, 'pid' | 'port'>,
  haproxy: Served,
  options: LoadOptions,
  figures: Figures,
  rows: Row[],
  { rounds, seconds }: { rounds: number; seconds: number },
  withPid?: number,
): Promise<number> {
  const measured: [LoadResult, LoadResult][] = [];
  await load(haproxy, { ...options, seconds: 1 });
  for (let i = 0; i < rounds; i++)
    measured.push([
      await load(ours, { ...options, seconds, ...(withPid !== undefined && { withPid }) }),
      await load(haproxy, { ...options, seconds }),
    ]);
  const ratios = measured.map(([own, theirs]) => own.cpuMicroseconds / theirs.cpuMicroseconds);
  for (const [own] of measured) figures.errors = figures.errors! + own.errors;
  const side = (at: 0 | 1): string => {
    const cpu = median(measured.map((round) => round[at].cpuMicroseconds));
    return `${cpu.toFixed(1)} µs, ${median(measured.map((round) => round[at].requestsPerSecond)).toFixed(0)}/s`;
  };
  rows.push([what, side(0), side(1), median(ratios).toFixed(2), range(ratios)]);
  return median(ratios);
}

async function callEach({ port }: ServedGateway): Promise<void> {
  const agent = new Agent({ keepAlive: true });
  let next = 0;
  const caller = async (): Promise<void> => {
    while (next < MANY) await fetched(port, `/function/f${next++}`, agent);
  };
  await Promise.all(Array.from({ length: 32 }, caller));
  agent.destroy();
}

async function fetched(port: number, path: string, agent?: Agent): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  get({ host: '127.0.0.1', port, path, agent }, (answer) => {
    if (answer.statusCode === 200) buffer(answer).then(resolve, reject);
    else reject(new Error(`${path}: ${answer.statusCode}`));
  }).on('error', reject);
  return promise;
}

/** Where a replica of the embedded engine listens. */
function socketOf(pid: number): string {
  const environment = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
  return environment.find((variable) => variable.startsWith('listen=unix:'))!.slice('listen=unix:'.length);
}

const post = (target: string): string => `POST ${target} HTTP/1.1\r\nHost: bench\r\nContent-Length: 5\r\n\r\nhello`;
const stop = (served: Served): Promise<void> => served.stop();
const ms = (value: number): string => `${value.toFixed(1)} ms`;
const range = (values: number[]): string => `${Math.min(...values).toFixed(2)}-${Math.max(...values).toFixed(2)}`;
