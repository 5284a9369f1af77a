import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { root, startPlatform } from '../test/harness/platform.ts';
import { type BenchOptions, type BenchResult, median } from './bench.ts';

export const question = 'How long until a newcomer sees the first answer, of `npm start` and of `faas-cli up`?';

const ROUNDS = 5;

export async function run({ log }: BenchOptions): Promise<BenchResult> {
  const start: number[] = [];
  const up: number[] = [];
  for (let round = 1; round <= ROUNDS; round++) {
    start.push(await npmStart());
    up.push(await upToAnswer());
    log(`round ${round} of ${ROUNDS}: npm start ${start.at(-1)!.toFixed(0)} ms, up ${up.at(-1)!.toFixed(0)} ms`);
  }
  const row = (name: string, times: number[]) => [
    name,
    ...[median(times), Math.max(...times)].map((ms) => ms.toFixed(0)),
  ];
  return {
    figures: { npmStartToAnswerP50Ms: median(start), upToAnswerP50Ms: median(up) },
    table: [
      ['from exec to the first answer', 'p50 ms', 'max ms'],
      row('npm start, on a new data folder', start),
      row('faas-cli up, a new typescript function', up),
    ],
  };
}

/** `npm start` prints its greeting once the sample function has answered a call. */
async function npmStart(): Promise<number> {
  const dataDir = await mkdtemp(join(tmpdir(), 'dunlin-'));
  const started = performance.now();
  const args = ['start', '--', '--port', '0', '--metrics-port', '0', '--data', dataDir];
  const npm = spawn('npm', args, { cwd: root, stdio: ['ignore', 'pipe', 'ignore'], detached: true });
  const exited = once(npm, 'exit');
  let answered: number | undefined;
  for await (const line of createInterface(npm.stdout!)) {
    if (/was deployed from the store and called/.test(line)) answered = performance.now() - started;
    if (/Ctrl-C stops/.test(line)) break;
  }
  npm.stdout!.resume();
  // As Ctrl-C does: the whole group.
  if (npm.exitCode === null) process.kill(-npm.pid!, 'SIGINT');
  await exited;
  await rm(dataDir, { recursive: true, force: true });
  if (answered === undefined) throw new Error('npm start did not show an answer of its sample function');
  return answered;
}

async function upToAnswer(): Promise<number> {
  const project = await mkdtemp(join(tmpdir(), 'dunlin-bench-'));
  await using platform = await startPlatform({ args: ['--no-sample'] });
  try {
    await platform.cli(['new', '--lang', 'typescript', 'hello'], { cwd: project });
    const started = performance.now();
    const { code, stdout, stderr } = await platform.cli(['up'], { cwd: project });
    if (code !== 0) throw new Error(`faas-cli up:\n${stdout}${stderr}`);
    const answer = await platform.call('hello', { method: 'POST', body: 'Ada' });
    if ((await answer.text()) !== 'Hello, Ada!\n') throw new Error(`hello answered with ${answer.status}`);
    return performance.now() - started;
  } finally {
    await rm(project, { recursive: true, force: true });
  }
}
