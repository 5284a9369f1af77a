import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, type IncomingMessage, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { type Platform, pooledProcesses, replicaProcesses, startPlatform } from '../test/harness/platform.ts';
import { type BenchOptions, type BenchResult, percentile } from './bench.ts';

export const question = 'How long does the first call of a function at zero replicas take, through the gateway?';

const TEMPLATES = ['typescript', 'javascript', 'bash', 'python3', 'node'];
/** Those in module mode: others start a program of their own, for which nothing can wait. */
const POOLED = ['typescript', 'javascript'];
const RUNS = 30;
/** The first start of a program reads it from the disk; that is the disk's time, so it is not counted. */
const WARM_UPS = 2;

/** One way to start. */
interface Series {
  readonly platform: Platform;
  readonly template: string;
  /** In the names of figures. */
  readonly figure: string;
  readonly name: string;
  readonly times: number[];
}

/**
 * Deploys each template's own skeleton on a gateway with the pool and on one without, then calls it `RUNS` times from
 * zero, the ways interleaved. Each call finds the machine at rest: nothing left of the one before, the pool filled
 * again.
 */
export async function run({ log }: BenchOptions): Promise<BenchResult> {
  const project = await mkdtemp(join(tmpdir(), 'dunlin-bench-'));
  const agent = new Agent({ keepAlive: true });
  await using without = await startPlatform({ args: ['--no-sample'], env: { DUNLIN_WARM_POOL: '0' } });
  await using pooled = await startPlatform({ args: ['--no-sample'] });
  try {
    const series: Series[] = [
      ...TEMPLATES.map((template) => ({ platform: without, template, figure: template, name: template, times: [] })),
      ...POOLED.map((template) => ({
        platform: pooled,
        template,
        figure: `${template}WarmPool`,
        name: `${template}, warm pool`,
        times: [],
      })),
    ];
    for (const { platform, template, name } of series) {
      log(`deploying ${name} ...`);
      await deploy(platform, project, template);
      await toZero(platform, template);
    }
    for (let round = -WARM_UPS; round < RUNS; round++) {
      for (const { platform, template, times } of series) {
        if (platform === pooled) await filled(platform);
        const started = performance.now();
        await call(platform, template, agent);
        if (round >= 0) times.push(performance.now() - started);
        await toZero(platform, template);
      }
      if (round % 10 === 9) log(`${round + 1} of ${RUNS} rounds`);
    }
    return report(series);
  } finally {
    agent.destroy();
    await rm(project, { recursive: true, force: true });
  }
}

async function deploy(platform: Platform, project: string, template: string): Promise<void> {
  const folder = await mkdtemp(join(project, 'project-'));
  for (const args of [
    ['new', '--lang', template, template],
    ['up', '--filter', template],
  ]) {
    const { code, stdout, stderr } = await platform.cli(args, { cwd: folder });
    if (code !== 0) throw new Error(`faas-cli ${args.join(' ')}:\n${stdout}${stderr}`);
  }
}

/** Scales to zero and waits until the last process of every replica is gone, so that none takes CPU from the next. */
async function toZero(platform: Platform, name: string): Promise<void> {
  const answer = await platform.api(`/system/scale-function/${name}`, {
    method: 'POST',
    body: { serviceName: name, replicas: 0 },
  });
  if (!answer.ok) throw new Error(`scaling ${name} to zero: ${answer.status} ${await answer.text()}`);
  while (replicaProcesses(platform.dataDir).size > 0) await setTimeout(10);
}

/** Waits until a process waits, and none is being started. */
async function filled(platform: Platform): Promise<void> {
  const waiting = async (): Promise<number> => {
    const metrics = await (await fetch(`${platform.metricsUrl}/metrics`)).text();
    return Number(/^gateway_warm_pool_waiting (\d+)$/m.exec(metrics)?.[1]);
  };
  for (;;) {
    const count = await waiting();
    if (count > 0 && count === pooledProcesses(platform.dataDir).size) return;
    await setTimeout(50);
  }
}

async function call(platform: Platform, name: string, agent: Agent): Promise<void> {
  const outgoing = request(`${platform.url}/function/${name}`, { method: 'POST', agent });
  outgoing.end('Ada');
  const [answer] = (await once(outgoing, 'response')) as [IncomingMessage];
  const body = (await answer.setEncoding('utf8').toArray()).join('');
  if (answer.statusCode !== 200 || !body.includes('Ada')) throw new Error(`${name}: ${answer.statusCode} ${body}`);
}

function report(series: readonly Series[]): BenchResult {
  const figures: Record<string, number> = {};
  const table: string[][] = [['template', 'p50 ms', 'p95 ms', 'p99 ms']];
  for (const { name, figure, times } of series) {
    const row = [name];
    for (const p of [50, 95, 99]) {
      figures[`${figure}P${p}Ms`] = percentile(times, p);
      row.push(percentile(times, p).toFixed(1));
    }
    table.push(row);
  }
  return { figures, table };
}
