import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { arch, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { type BenchOptions, type BenchResult, median } from './bench.ts';
import { type LoadResult, load, type Served, startHaproxy, startNginx, startScript } from './lib/load.ts';
import { memoryMb, startWatchdog } from './lib/watchdog-process.ts';

export const name = 'watchdog';
export const question = 'What do the executable’s modes cost, how fast does it start, how much memory does it take?';

const ROUNDS = 5;
const SECONDS = 2;
const STARTS = 31;
const LARGE_BYTES = 1024 ** 3;
const lib = join(import.meta.dirname, 'lib');
const BUN = `node_modules/@oven/bun-linux-${arch() === 'arm64' ? 'aarch64' : 'x64'}/bin/bun`;

type Row = readonly [what: string, figure: string, more: string];

/** Every ratio is the median of interleaved rounds: what else the machine does hits both sides. */
export async function run({ log }: BenchOptions): Promise<BenchResult> {
  const rows: Row[] = [['', 'figure', '']];
  const figures: Record<string, number> = {};
  for (const [part, measure] of Object.entries({ start, http, large, fork, module: moduleMode })) {
    log(`${part} ...`);
    await measure(figures, rows);
  }
  return { figures, table: rows };
}

type Figures = Record<string, number>;

async function start(figures: Figures, rows: Row[]): Promise<void> {
  const readyMs: number[] = [];
  const idleMb: number[] = [];
  for (let i = 0; i < STARTS; i++) {
    const watchdog = await startWatchdog({ mode: 'module', handler: join(lib, 'echo-handler.ts') });
    readyMs.push(watchdog.readyMs);
    idleMb.push(memoryMb(watchdog.pid, 'VmRSS'));
    await watchdog.stop();
  }
  figures.readyAfterExecMsP50 = median(readyMs);
  figures.idleRssMb = median(idleMb);
  rows.push(['/_/ready after exec', `${median(readyMs).toFixed(1)} ms`, spread(readyMs)]);
  rows.push(['idle', `${median(idleMb).toFixed(1)} MB`, '']);
}

async function http(figures: Figures, rows: Row[]): Promise<void> {
  const nginx = await startNginx();
  const haproxy = await startHaproxy(nginx.port);
  const watchdog = await startWatchdog(httpMode(nginx));
  try {
    const rounds = await interleaved(
      () => load(watchdog, { connections: 32, seconds: SECONDS }),
      () => load(haproxy, { connections: 32, seconds: SECONDS }),
    );
    const ratios = rounds.map(([ours, theirs]) => ours.cpuMicroseconds / theirs.cpuMicroseconds);
    figures.httpCpuVsHaproxy = median(ratios);
    figures.httpErrors = rounds.reduce((sum, [ours]) => sum + ours.errors, 0);
    const side = (at: 0 | 1): string =>
      `${median(rounds.map((round) => round[at].cpuMicroseconds)).toFixed(1)} µs, ${median(rounds.map((round) => round[at].requestsPerSecond)).toFixed(0)}/s`;
    rows.push(['http, CPU against HAProxy', figures.httpCpuVsHaproxy.toFixed(2), spread(ratios)]);
    rows.push(['  watchdog', side(0), ''], ['  HAProxy', side(1), '']);
  } finally {
    for (const each of [watchdog, haproxy, nginx]) await each.stop();
  }
}

/** 1 GB up and the same back, through a server that echoes. */
async function large(figures: Figures, rows: Row[]): Promise<void> {
  const server = `${process.execPath} ${join(import.meta.dirname, '../test/functions/http-server.mjs')}`;
  const watchdog = await startWatchdog({ mode: 'http', fprocess: server, upstream_url: 'unix:', exec_timeout: '0' });
  try {
    const received = await echoed(watchdog.port, LARGE_BYTES);
    if (received !== LARGE_BYTES) throw new Error(`${received} of ${LARGE_BYTES} bytes came back`);
    figures.largeStreamPeakRssMb = memoryMb(watchdog.pid, 'VmHWM');
    rows.push(['1 GB each way, peak', `${figures.largeStreamPeakRssMb.toFixed(1)} MB`, '']);
  } finally {
    await watchdog.stop();
  }
}

async function fork(figures: Figures, rows: Row[]): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'dunlin-bench-'));
  const spawner = join(folder, 'spawn');
  execFileSync('cc', ['-O2', '-o', spawner, join(lib, 'spawn.c')]);
  const bare = async (): Promise<number> =>
    Number(execFileSync(spawner, ['2', String(SECONDS), 'cat'], { encoding: 'utf8' }));
  const watchdog = await startWatchdog({ fprocess: 'cat' });
  const preforking = await startWatchdog({ fprocess: 'cat', prefork: '16' });
  try {
    const rounds: { ours: LoadResult; ahead: LoadResult; bare: number }[] = [];
    for (let i = 0; i < ROUNDS; i++)
      rounds.push({
        ours: await load(watchdog, { connections: 8, seconds: SECONDS }),
        bare: await bare(),
        ahead: await load(preforking, { connections: 8, seconds: SECONDS }),
      });
    const ratios = rounds.map(({ ours, bare: per }) => ours.requestsPerSecond / per);
    figures.forkVsBareSpawn = median(ratios);
    figures.forkErrors = rounds.reduce((sum, { ours, ahead }) => sum + ours.errors + ahead.errors, 0);
    const perSecond = (values: number[]): string => `${median(values).toFixed(0)}/s`;
    rows.push(['fork of cat against bare posix_spawn', figures.forkVsBareSpawn.toFixed(2), spread(ratios)]);
    rows.push(['  watchdog', perSecond(rounds.map(({ ours }) => ours.requestsPerSecond)), '']);
    rows.push(['  posix_spawn, two loops', perSecond(rounds.map((round) => round.bare)), '']);
    rows.push(['  with prefork=16', perSecond(rounds.map(({ ahead }) => ahead.requestsPerSecond)), 'not counted']);
  } finally {
    await watchdog.stop();
    await preforking.stop();
    rmSync(folder, { recursive: true });
  }
}

async function moduleMode(figures: Figures, rows: Row[]): Promise<void> {
  const watchdog = await startWatchdog({ mode: 'module', handler: join(lib, 'echo-handler.ts') });
  const bare = await startScript(BUN, [join(lib, 'bare-server.mjs')]);
  try {
    const options = { connections: 32, seconds: SECONDS, script: join(lib, 'echo.lua') };
    const rounds = await interleaved(
      () => load(watchdog, options),
      () => load(bare, options),
    );
    const ratios = rounds.map(([ours, theirs]) => ours.requestsPerSecond / theirs.requestsPerSecond);
    figures.moduleThroughputVsBareServer = median(ratios);
    figures.moduleErrors = rounds.reduce((sum, [ours]) => sum + ours.errors, 0);
    rows.push([
      'module against bare node:http on Bun',
      figures.moduleThroughputVsBareServer.toFixed(2),
      spread(ratios),
    ]);
    const side = (at: 0 | 1): string => `${median(rounds.map((round) => round[at].requestsPerSecond)).toFixed(0)}/s`;
    rows.push(['  watchdog', side(0), ''], ['  bare', side(1), '']);
  } finally {
    await watchdog.stop();
    await bare.stop();
  }
}

/** http mode in front of a server that is there already; the process that it starts only waits. */
const httpMode = (upstream: Served): Record<string, string> => ({
  mode: 'http',
  fprocess: 'sleep 1000000',
  upstream_url: `http://127.0.0.1:${upstream.port}`,
});

async function interleaved(
  ours: () => Promise<LoadResult>,
  theirs: () => Promise<LoadResult>,
): Promise<[LoadResult, LoadResult][]> {
  // Not counted: compilers at work are no cost of a request.
  await ours();
  await theirs();
  const rounds: [LoadResult, LoadResult][] = [];
  for (let i = 0; i < ROUNDS; i++) rounds.push([await ours(), await theirs()]);
  return rounds;
}

function echoed(port: number, bytes: number): Promise<number> {
  const chunk = Buffer.alloc(65_536, 'dunlin');
  const chunks = (function* () {
    for (let left = bytes; left > 0; left -= chunk.length) yield chunk.subarray(0, Math.min(left, chunk.length));
  })();
  return new Promise((resolve, reject) => {
    const req = request({ port, method: 'POST', agent: false }, (res) => {
      let received = 0;
      res.on('data', (piece: Buffer) => {
        received += piece.length;
      });
      res.on('close', () => resolve(received));
    });
    req.once('error', reject);
    Readable.from(chunks).pipe(req);
  });
}

const spread = (values: number[]): string =>
  `${Math.min(...values).toPrecision(3)} to ${Math.max(...values).toPrecision(3)}`;
