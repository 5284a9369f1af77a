import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { Project, root, stackOf, tinyProject } from './testing/project.ts';
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
  let screen = '';
  child.stdout!.setEncoding('utf8').on('data', (text: string) => {
    const asked = screen.includes('hit (Control + D) to stop');
    if (!asked && (screen += text).includes('hit (Control + D) to stop')) child.stdin!.write('typed\n\u0004');
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

test('a terminal that is closed ends what local-run started', async (t) => {
  await using project = await Project.create({
    ...tinyProject('http://127.0.0.1:8080'),
    'hello/handler.sh': 'echo "watchdog $PPID"\n',
  });
  // It may outlive the terminal for a moment, and must not write to the folder that is removed by then.
  const terminal = onTerminal(t, project, 'local-run hello -p 0', { NODE_DISABLE_COMPILE_CACHE: '1' });
  const [, url] = await until(terminal, /Running hello on (\S+);/);
  const pid = /watchdog (\d+)/.exec(await firstAnswer(url!))![1];
  terminal.kill('SIGKILL');
  await once(terminal, 'exit');
  while ((await commandLine(pid!)).includes('fwatchdog')) await new Promise((resolve) => setImmediate(resolve));
  t.pass();
});

const commandLine = (pid: string): Promise<string> => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');

/** The port is taken a moment after its number is printed. */
async function firstAnswer(url: string): Promise<string> {
  for (;;) {
    const answer = await fetch(url, { method: 'POST' }).catch(() => undefined);
    if (answer) return answer.text();
  }
}

test('dev runs gateway, functions and logs in one terminal, each after its coloured name, and Ctrl-C ends all', async (t) => {
  await using project = await Project.create({
    ...tinyProject('http://127.0.0.1:8080'),
    'stack.yaml': stackOf('http://127.0.0.1:8080', '    environment: { combine_output: "false" }\n'),
    'hello/handler.sh': 'echo first; echo asked >&2\n',
  });
  const terminal = onTerminal(t, project, 'dev --port 0', { XDG_CACHE_HOME: project.home });
  let screen = '';
  terminal.stdout!.setEncoding('utf8').on('data', (text: string) => (screen += text));
  const shows = async (pattern: RegExp): Promise<RegExpExecArray> => {
    for (;;) {
      const match = pattern.exec(screen);
      if (match) return match;
      if (terminal.exitCode !== null) throw new Error(`it ended before ${pattern}:\n${screen}`);
      await once(terminal.stdout!, 'data');
    }
  };
  const [, url, dataFolder] = await shows(/export OPENFAAS_URL=(\S+) DUNLIN_DATA=(\S+)\r\n/);
  await shows(/Watching 1 function/);
  t.is(await (await fetch(`${url}/function/hello`)).text(), 'first\n');
  await shows(/hello {3}\|\S+ stderr: asked\r\n/);
  await project.write({ 'hello/handler.sh': 'echo second\n' });
  await shows(/Changed: hello\/handler\.sh[\s\S]*Watching 1 function/);
  t.is(await (await fetch(`${url}/function/hello`)).text(), 'second\n');
  terminal.stdin!.write('\u0003');
  t.is((await once(terminal, 'close'))[0], 130, screen);
  t.true(screen.includes('\u001b[36mhello'));
  await t.throwsAsync(fetch(url!));
  await t.throwsAsync(access(dataFolder!), { code: 'ENOENT' });
});
