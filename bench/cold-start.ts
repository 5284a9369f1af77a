import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, type IncomingMessage, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { type Platform, replicaProcesses, startPlatform } from '../test/harness/platform.ts';
import { type BenchOptions, type BenchResult, percentile } from './bench.ts';

export const question = 'How long does the first call of a function at zero replicas take, through the gateway?';
export const pending = {
  typescriptWarmPoolP50MsMax: 'the pool of pre-started watchdogs is the scaling issue',
  typescriptWarmPoolP99MsMax: 'the pool of pre-started watchdogs is the scaling issue',
};

const TEMPLATES = ['typescript', 'javascript', 'bash', 'python3', 'node'];
const RUNS = 30;
/** The first start of a program reads it from the disk; that is the disk's time, so it is not counted. */
const WARM_UPS = 2;

/** Deploys each template's own skeleton, then calls it `RUNS` times from zero, the templates interleaved. */
export async function run({ log }: BenchOptions): Promise<BenchResult> {
  const project = await mkdtemp(join(tmpdir(), 'dunlin-bench-'));
  const agent = new Agent({ keepAlive: true });
  await using platform = await startPlatform({ args: ['--no-sample'] });
  try {
    for (const template of TEMPLATES) {
      await deploy(platform, project, template, log);
      await toZero(platform, template);
    }
    const times = new Map(TEMPLATES.map((template) => [template, [] as number[]]));
    for (let round = -WARM_UPS; round < RUNS; round++) {
      for (const template of TEMPLATES) {
        const started = performance.now();
        await call(platform, template, agent);
        if (round >= 0) times.get(template)!.push(performance.now() - started);
        await toZero(platform, template);
      }
      if (round % 10 === 9) log(`${round + 1} of ${RUNS} rounds`);
    }
    return report(times);
  } finally {
    agent.destroy();
    await rm(project, { recursive: true, force: true });
  }
}

async function deploy(platform: Platform, project: string, template: string, log: BenchOptions['log']): Promise<void> {
  log(`deploying ${template} ...`);
  for (const args of [
    ['new', '--lang', template, template],
    ['up', '--filter', template],
  ]) {
    const { code, stdout, stderr } = await platform.cli(args, { cwd: project });
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

async function call(platform: Platform, name: string, agent: Agent): Promise<void> {
  const outgoing = request(`${platform.url}/function/${name}`, { method: 'POST', agent });
  outgoing.end('Ada');
  const [answer] = (await once(outgoing, 'response')) as [IncomingMessage];
  const body = (await answer.setEncoding('utf8').toArray()).join('');
  if (answer.statusCode !== 200 || !body.includes('Ada')) throw new Error(`${name}: ${answer.statusCode} ${body}`);
}

function report(times: ReadonlyMap<string, readonly number[]>): BenchResult {
  const figures: Record<string, number> = {};
  const table: string[][] = [['template', 'p50 ms', 'p95 ms', 'p99 ms']];
  for (const [template, samples] of times) {
    const row = [template];
    for (const p of [50, 95, 99]) {
      figures[`${template}P${p}Ms`] = percentile(samples, p);
      row.push(percentile(samples, p).toFixed(1));
    }
    table.push(row);
  }
  return { figures, table };
}
