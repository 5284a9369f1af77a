import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { freePort } from '../../common/free-port.ts';
import { type Platform, root } from '../harness/platform.ts';

/** A Prometheus and an Alertmanager that watch one gateway by the configuration that is shipped. */
export interface Monitoring extends AsyncDisposable {
  /** Of Prometheus. */
  readonly url: string;
  /** What an expression gives now. @throws Error with what Prometheus says of it */
  query(expression: string): Promise<readonly { readonly metric: Record<string, string>; readonly value: string }[]>;
  /** Names of all metrics that were scraped. */
  metricNames(): Promise<readonly string[]>;
}

/** Starts both; only addresses and the path of the password differ from prometheus/. */
export async function startMonitoring(platform: Platform): Promise<Monitoring> {
  const folder = await mkdtemp(join(tmpdir(), 'dunlin-monitoring-'));
  await cp(join(root, 'prometheus'), folder, { recursive: true });
  const [port, alertPort] = [await freePort(), await freePort()];
  await replaceIn(join(folder, 'prometheus.yml'), {
    '127.0.0.1:8082': new URL(platform.metricsUrl).host,
    '127.0.0.1:9093': `127.0.0.1:${alertPort}`,
  });
  await replaceIn(join(folder, 'alertmanager.yml'), {
    'http://127.0.0.1:8080': platform.url,
    '/var/lib/dunlin/auth': join(platform.dataDir, 'auth'),
  });
  const programs = [
    start(folder, 'prometheus', [
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ]),
    start(folder, 'prometheus-alertmanager', [
      `--config.file=${join(folder, 'alertmanager.yml')}`,
      `--storage.path=${join(folder, 'alerts')}`,
      `--web.listen-address=127.0.0.1:${alertPort}`,
      '--cluster.listen-address=',
    ]),
  ];
  const url = `http://127.0.0.1:${port}`;
  await Promise.all([ready(url, programs[0]!), ready(`http://127.0.0.1:${alertPort}`, programs[1]!)]);
  return {
    url,
    async query(expression) {
      const found = await get(`${url}/api/v1/query?query=${encodeURIComponent(expression)}`);
      const { resultType, result } = found as {
        resultType: string;
        result: { metric: Record<string, string>; value: [number, string] }[];
      };
      if (resultType !== 'vector') throw new Error(`${expression} gives a ${resultType}, not a vector`);
      return result.map(({ metric, value }) => ({ metric, value: value[1] }));
    },
    metricNames: async () => (await get(`${url}/api/v1/label/__name__/values`)) as string[],
    async [Symbol.asyncDispose]() {
      await Promise.all(programs.map(stop));
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function get(url: string): Promise<unknown> {
  const { status, data, error } = (await (await fetch(url)).json()) as Record<string, unknown>;
  if (status !== 'success') throw new Error(`${decodeURIComponent(url)}: ${error}`);
  return data;
}

async function replaceIn(file: string, texts: Readonly<Record<string, string>>): Promise<void> {
  let content = await readFile(file, 'utf8');
  for (const [text, by] of Object.entries(texts)) {
    if (!content.includes(text)) throw new Error(`${file} has no ${text}`);
    content = content.replaceAll(text, by);
  }
  await writeFile(file, content);
}

interface Program {
  readonly child: ChildProcess;
  printed: string;
}

function start(cwd: string, command: string, args: readonly string[]): Program {
  const child = spawn(command, args, { cwd, stdio: ['ignore', 'ignore', 'pipe'] });
  const program: Program = { child, printed: '' };
  child.stderr!.setEncoding('utf8').on('data', (text) => (program.printed += text));
  return program;
}

/** Neither tells when it listens but by answering. */
async function ready(url: string, { child, ...program }: Program): Promise<void> {
  while (child.exitCode === null) {
    const answer = await fetch(`${url}/-/ready`).catch(() => undefined);
    await answer?.body?.cancel();
    if (answer?.ok) return;
    await setTimeout(50);
  }
  throw new Error(`${child.spawnfile} ended:\n${program.printed}`);
}

async function stop({ child }: Program): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  await exited;
}
