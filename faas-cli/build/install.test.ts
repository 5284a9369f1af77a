import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { readStat } from '../../common/process-stat.ts';
import { buildHello, entriesOf, recipe } from '../testing/build-hello.ts';
import { Project, tinyProject } from '../testing/project.ts';

const fork = '  mode: fork\n  process: cat\n';

test('an install step runs once for the same lists, whatever the code, and again when they change', async (t) => {
  await using project = await Project.create({
    ...tinyProject('http://a'),
    ...recipe(
      `${fork}  install:\n    - run: echo ran >> "$LOG"; mkdir -p vendor && cp requirements.txt vendor/list && ln -s list vendor/link\n      in: function\n      when: requirements.txt\n`,
    ),
    'hello/requirements.txt': 'one\n',
  });
  const buildArgs = { LOG: join(project.home, 'log') };
  const runs = async () => (await readFile(buildArgs.LOG, 'utf8')).trim().split('\n').length;
  const first = await buildHello(project, { buildArgs });
  t.is(await runs(), 1);
  const names = (await entriesOf(first.packed!.file)).map(({ name, type }) => `${type} ${name}`);
  t.deepEqual(names.slice(2, 8), [
    'file function/handler.sh',
    'file function/requirements.txt',
    'directory function/vendor',
    'symlink function/vendor/link',
    'file function/vendor/list',
    'file run.sh',
  ]);
  await project.write({ 'hello/handler.sh': 'cat' });
  await buildHello(project, { buildArgs });
  t.is(await runs(), 1);
  await project.write({ 'hello/requirements.txt': 'two\n' });
  const changed = await buildHello(project, { buildArgs });
  t.is(await runs(), 2);
  t.is((await entriesOf(changed.packed!.file)).find(({ name }) => name === 'function/vendor/list')!.text, 'two\n');
  t.is((await readdir(project.path('build/.cache'))).length, 1);
  await buildHello(project, { buildArgs, noCache: true });
  t.is(await runs(), 3);
});

test('a step without a list, such as a compiler, runs again when the code changes', async (t) => {
  await using project = await Project.create({
    ...tinyProject('http://a'),
    ...recipe(`${fork}  install:\n    - { run: "cp function/handler.sh compiled" }\n`),
  });
  const compiled = async () => {
    const entries = await entriesOf((await buildHello(project)).packed!.file);
    return entries.find(({ name }) => name === 'compiled')!.text;
  };
  t.is(await compiled(), 'tr a-z A-Z\n');
  await project.write({ 'hello/handler.sh': 'cat\n' });
  t.is(await compiled(), 'cat\n');
});

test('a step whose file is not there does not run; one that fails shows its output', async (t) => {
  await using project = await Project.create({
    ...tinyProject('http://a'),
    ...recipe(
      `${fork}  install:\n    - { run: "echo no such package >&2; exit 4", in: function, when: requirements.txt }\n`,
    ),
  });
  await buildHello(project);
  await project.write({ 'hello/requirements.txt': '' });
  await t.throwsAsync(buildHello(project), { message: /failed \(exit code 4\):\n {2}no such package/ });
});

test('an aborted build ends the step and everything it started', async (t) => {
  await using project = await Project.create({
    ...tinyProject('http://a'),
    ...recipe(`${fork}  install:\n    - { run: "sleep 600 & echo $! ready; wait" }\n`),
  });
  const controller = new AbortController();
  let pid = 0;
  const building = buildHello(
    project,
    {
      debug: true,
      report: (line) => {
        pid = Number(/^(\d+) ready/.exec(line)?.[1] ?? pid);
        controller.abort();
      },
    },
    controller.signal,
  );
  await t.throwsAsync(building, { name: 'AbortError' });
  t.true(pid > 0);
  // It has closed its output, and may be at its end still.
  while (readStat(pid)?.alive) await new Promise(setImmediate);
});

test('build options must be those of the template', async (t) => {
  await using project = await Project.create({
    ...tinyProject('http://a'),
    'template/tiny/template.yml': `build_options:\n  - { name: dev, packages: [make, gcc] }\nbundle:\n${fork}  install:\n    - { run: 'echo "$ADDITIONAL_PACKAGE" > packages' }\n`,
  });
  const { packed } = await buildHello(project, { buildOptions: ['dev'] });
  t.is((await entriesOf(packed!.file)).find(({ name }) => name === 'packages')!.text, 'gcc make\n');
  await t.throwsAsync(buildHello(project, { buildOptions: ['prod'] }), {
    message: /no build option "prod"; it has: dev/,
  });
});
