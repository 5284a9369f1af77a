import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { Project, root, tinyProject } from './testing/project.ts';
import { RecordingGateway } from './testing/recording-gateway.ts';

const program = join(root, 'bin/faas-cli');

/** Runs the real program on a terminal of its own, as `script` makes one. */
function onTerminal(
  t: ExecutionContext,
  project: Project,
  command: string,
  env: Record<string, string> = {},
): ChildProcess {
  const child = spawn('script', ['-qec', `${program} ${command}`, '/dev/null'], {
    cwd: project.folder,
    env: { PATH: process.env.PATH, HOME: project.home, DUNLIN_DATA: project.home, ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  t.teardown(() => child.kill('SIGKILL'));
  return child;
}

async function outputOf(child: ChildProcess): Promise<{ code: number | null; output: string }> {
  let output = '';
  child.stdout!.setEncoding('utf8').on('data', (text) => (output += text));
  const [code] = await once(child, 'close');
  return { code, output: output.replaceAll('\r\n', '\n') };
}

/** Resolves once the output matches. */
async function until(child: ChildProcess, pattern: RegExp): Promise<RegExpExecArray> {
  let output = '';
  for await (const text of child.stdout!.setEncoding('utf8')) {
    const match = pattern.exec((output += text));
    if (match) return match;
  }
  throw new Error(`it ended without ${pattern}: ${output}`);
}

test('on a terminal invoke asks for the body, and Ctrl-D ends it', async (t) => {
  await using gateway = await RecordingGateway.create();
  await using project = await Project.create();
  gateway.functions.set('hello', { service: 'hello' });
  const child = onTerminal(t, project, `invoke hello -g ${gateway.url}`);
  child.stdout!.setEncoding('utf8').on('data', (text: string) => {
    if (text.includes('hit (Control + D) to stop')) child.stdin!.write('typed\n\u0004');
  });
  const { code, output } = await outputOf(child);
  t.is(code, 0);
  t.regex(output, /typed\n$/);
  t.is(gateway.requests[0]!.body.toString(), 'typed\n');
});

test('colours are for terminals, unless NO_COLOR is set', async (t) => {
  await using project = await Project.create();
  const doctor = 'doctor -g http://127.0.0.1:1';
  const coloured = await outputOf(onTerminal(t, project, doctor));
  t.is(coloured.code, 1);
  t.true(coloured.output.includes('\u001b[31mproblem'));
  t.false((await outputOf(onTerminal(t, project, doctor, { NO_COLOR: '1' }))).output.includes('\u001b['));
  t.false((await project.run(doctor.split(' '))).stdout.includes('\u001b['));
});

test('Ctrl-C in the middle of a build ends it with 130, with what it started, and leaves no bundle', async (t) => {
  await using project = await Project.create({
    ...tinyProject('http://127.0.0.1:8080'),
    'template/tiny/template.yml': `bundle:\n  mode: fork\n  process: cat\n  install:\n    - { run: 'echo "step $$ runs"; exec sleep 600' }\n`,
  });
  const child = spawn(program, ['build', '--debug'], {
    cwd: project.folder,
    env: { PATH: process.env.PATH, HOME: project.home },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  t.teardown(() => child.kill('SIGKILL'));
  const closed = once(child, 'close');
  const [, pid] = await until(child, /step (\d+) runs/);
  child.kill('SIGINT');
  t.deepEqual(await closed, [130, null]);
  // Gone, or dead and waiting for an init that collects it.
  const state = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => 'gone');
  t.regex(state, /^gone$|\) Z /);
  t.deepEqual(await readdir(project.path('build')), ['hello']);
});
