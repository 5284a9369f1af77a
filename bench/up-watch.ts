import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildExecutable, EXECUTABLES } from '../test/harness/executable.ts';
import { type Platform, run as runProgram, startPlatform } from '../test/harness/platform.ts';
import { type BenchOptions, type BenchResult, percentile } from './bench.ts';

export const question = 'How long after a save does the function answer with the new code, under faas-cli up --watch?';

const SAVES = 15;
/** Between a save and the next: an editor's user is no faster, and the watch has settled. */
const PAUSE_MS = 300;
/** The handler's file by template. */
const HANDLERS = { typescript: 'handler.ts', python3: 'handler.py', bash: 'handler.sh', go: 'handler.go' } as const;

/** On the embedded engine, by the single-file program. From the write to the first answer that has what was written. */
export async function run({ log }: BenchOptions): Promise<BenchResult> {
  buildExecutable();
  await using platform = await startPlatform({ args: ['--no-sample'] });
  const figures: Record<string, number> = {};
  const table = [['up --watch', 'p50 ms', 'p95 ms']];
  for (const [template, file] of Object.entries(HANDLERS)) {
    const times = await savesOf(platform, template, file);
    const [p50, p95] = [percentile(times, 50), percentile(times, 95)];
    figures[`${template}P50Ms`] = p50;
    figures[`${template}P95Ms`] = p95;
    table.push([template, p50.toFixed(0), p95.toFixed(0)]);
    log(`${template}: ${SAVES} saves`);
  }
  return { figures, table };
}

async function savesOf(platform: Platform, template: string, file: string): Promise<number[]> {
  const cwd = await mkdtemp(join(tmpdir(), 'dunlin-bench-'));
  const program = join(EXECUTABLES, 'faas-cli');
  const name = `watched-${template}`;
  const made = await runProgram([program, 'new', '--lang', template, name], { cwd, env: platform.environment });
  if (made.code !== 0) throw new Error(made.stderr);
  const watching = spawn(program, ['up', '--watch'], {
    cwd,
    env: { ...process.env, ...platform.environment },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  try {
    await isWatching(watching);
    const handler = join(cwd, name, file);
    const text = await readFile(handler, 'utf8');
    const times: number[] = [];
    for (let save = 0; save < SAVES; save++) {
      const saved = performance.now();
      await writeFile(handler, text.replaceAll('Hello', `Hello${save}`));
      while (!(await answerOf(platform, name)).includes(`Hello${save}`));
      times.push(performance.now() - saved);
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
    return times;
  } finally {
    const ended = once(watching, 'exit');
    watching.kill('SIGINT');
    await ended;
    await rm(cwd, { recursive: true, force: true });
  }
}

async function isWatching(child: ChildProcess): Promise<void> {
  let printed = '';
  child.stdout!.setEncoding('utf8');
  await new Promise<void>((resolve, reject) => {
    child.stdout!.on('data', (chunk: string) => /Watching/.test((printed += chunk)) && resolve());
    child.on('exit', (code) => reject(new Error(`faas-cli up --watch ended with ${code}:\n${printed}`)));
  });
}

/** Asked every few milliseconds, so that asking does not take the time that it measures. */
async function answerOf(platform: Platform, name: string): Promise<string> {
  await new Promise((resolve) => setTimeout(resolve, 5));
  const answer = await platform.call(name, { method: 'POST', body: 'Ada', headers: { 'content-type': 'text/plain' } });
  return answer.text();
}
