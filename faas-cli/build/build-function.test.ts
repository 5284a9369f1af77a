import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import test from 'ava';
import { extract, type Header } from 'tar-stream';
import { bundler, Project, root, tinyProject } from '../testing/project.ts';
import { type BuildJob, type BuildSettings, buildFunction } from './build-function.ts';

const job: BuildJob = { name: 'hello', lang: 'tiny', handler: './hello', copy: [], buildArgs: {}, buildOptions: [] };

const recipe = (text: string) => ({ 'template/tiny/template.yml': `language: tiny\nbundle:\n${text}` });
const fork = '  mode: fork\n  process: cat\n';

async function build(project: Project, more: Partial<BuildJob & BuildSettings> = {}, signal?: AbortSignal) {
  const lines: string[] = [];
  const settings = { shrinkwrap: false, noCache: false, debug: false, report: (line: string) => void lines.push(line) };
  const packed = await buildFunction(
    { ...job, ...more },
    { ...settings, ...more },
    {
      cwd: project.folder,
      assets: () => root,
      bundler,
      env: { PATH: process.env.PATH },
      signal: signal ?? new AbortController().signal,
    },
  );
  return { packed, lines };
}

async function entriesOf(file: string): Promise<(Header & { text: string })[]> {
  const entries: (Header & { text: string })[] = [];
  for await (const entry of Readable.from([await readFile(file)]).pipe(extract())) {
    const chunks: Buffer[] = [];
    for await (const chunk of entry) chunks.push(chunk as Buffer);
    entries.push({ ...entry.header, text: Buffer.concat(chunks).toString() });
  }
  return entries;
}

test('a handler may be the project folder itself; build, template and secrets stay out', async (t) => {
  await using project = await Project.create(tinyProject('http://127.0.0.1:8080'));
  await project.write({ 'handler.sh': 'cat\n', '.git/config': '', '.secrets/key': '', 'node_modules/x/index.js': '' });
  const { packed } = await build(project, { handler: './' });
  t.deepEqual(
    (await entriesOf(packed!.file)).filter(({ type }) => type === 'file').map(({ name }) => name),
    [
      'bundle.json',
      'function/handler.sh',
      'function/hello/handler.sh',
      'function/stack.yaml',
      'run.sh',
      'template.yml',
    ],
  );
});

test('a bundle holds the manifest first, then the context sorted, without owner, time or odd modes', async (t) => {
  await using project = await Project.create(tinyProject('http://127.0.0.1:8080'));
  await writeFile(project.path('hello/tool'), '#!/bin/sh\n', { mode: 0o700 });
  const { packed } = await build(project);
  const entries = await entriesOf(packed!.file);
  t.deepEqual(
    entries.map(({ name, type, mode }) => [name, type, mode?.toString(8)]),
    [
      ['bundle.json', 'file', '644'],
      ['function', 'directory', '755'],
      ['function/handler.sh', 'file', '644'],
      ['function/tool', 'file', '755'],
      ['run.sh', 'file', '644'],
      ['template.yml', 'file', '644'],
    ],
  );
  t.true(entries.every(({ uid, gid, mtime }) => uid === 0 && gid === 0 && mtime?.getTime() === 0));
  t.deepEqual(JSON.parse(entries[0]!.text), {
    version: 1,
    language: 'tiny',
    mode: 'fork',
    process: 'sh run.sh',
    environment: { greeting: 'hi' },
  });
  t.is(
    packed!.digest,
    `sha256:${createHash('sha256')
      .update(await readFile(packed!.file))
      .digest('hex')}`,
  );
  t.is(packed!.bytes, (await stat(packed!.file)).size);
});

test('the same files make the same bytes, in another folder and at another time', async (t) => {
  await using one = await Project.create(tinyProject('http://a'));
  await using two = await Project.create(tinyProject('http://b'));
  const [first, second] = [await build(one), await build(two)];
  t.is(first.packed!.digest, second.packed!.digest);
  t.is((await build(one)).packed!.digest, first.packed!.digest);
});

test('the handler replaces the skeleton, and its build, template and node_modules stay out', async (t) => {
  await using project = await Project.create({
    ...tinyProject('http://a'),
    'hello/build/x': '',
    'hello/template/x': '',
    'hello/node_modules/x': '',
    'hello/data/build/kept': '',
  });
  const names = (await entriesOf((await build(project)).packed!.file)).map(({ name }) => name);
  t.true(names.includes('function/data/build/kept'));
  t.false(
    names.some(
      (name) => name.startsWith('function/build') || name.includes('template/') || name.includes('node_modules'),
    ),
  );
  t.is(await readFile(project.path('build/hello/function/handler.sh'), 'utf8'), 'tr a-z A-Z\n');
});

test('extra paths keep their place under the handler, and must be in the project', async (t) => {
  await using project = await Project.create({ ...tinyProject('http://a'), 'shared/lib/a.sh': 'x' });
  await build(project, { copy: ['shared/lib'] });
  t.is(await readFile(project.path('build/hello/function/shared/lib/a.sh'), 'utf8'), 'x');
  await t.throwsAsync(build(project, { copy: ['../home'] }), {
    message: /^the extra path, \.\.\/home, is outside the project/,
  });
  await t.throwsAsync(build(project, { copy: ['.'] }), { message: /is the whole project/ });
  await t.throwsAsync(build(project, { copy: ['none'] }), { message: /none, does not exist/ });
});

test('a handler that is missing, a file, or outside the project is said to be', async (t) => {
  await using project = await Project.create(tinyProject('http://a'));
  await t.throwsAsync(build(project, { handler: './nope' }), {
    message: /^the handler of hello, \.\/nope, does not exist/,
  });
  await t.throwsAsync(build(project, { handler: './stack.yaml' }), { message: /is a file; name its folder/ });
  await t.throwsAsync(build(project, { handler: '../home' }), { message: /is outside the project/ });
  await symlink('../home', project.path('out'));
  await t.throwsAsync(build(project, { handler: './out' }), { message: /is outside the project/ });
});

test('a template without a bundle section, or with a bad one, is said to be', async (t) => {
  await using project = await Project.create({
    ...tinyProject('http://a'),
    'template/tiny/template.yml': 'language: tiny\nfprocess: cat\n',
  });
  await t.throwsAsync(build(project), { message: /template tiny has no "bundle:" section/ });
  await project.write(recipe('  mode: quick\n'));
  await t.throwsAsync(build(project), { message: /template\.yml:3:9: bundle\.mode must be one of module, http/ });
  await project.write(recipe('  mode: http\n'));
  await t.throwsAsync(build(project), { message: /template\.yml:3:3: bundle\.process is missing/ });
});

test('links stay links when they lead into the function, and are refused when they lead out', async (t) => {
  await using project = await Project.create(tinyProject('http://a'));
  await symlink('handler.sh', project.path('hello/again'));
  const link = (await entriesOf((await build(project)).packed!.file)).find(({ name }) => name === 'function/again');
  t.like(link, { type: 'symlink', linkname: 'handler.sh' });
  await symlink('/etc/passwd', project.path('hello/secrets'));
  await t.throwsAsync(build(project), { message: /the link function\/secrets leads to \/etc\/passwd/ });
});

test('a build that fails leaves the bundle of the last one, and nothing half-written', async (t) => {
  await using project = await Project.create(tinyProject('http://a'));
  await project.write({ 'build/hello.tar.0-0.tmp': 'a build that was killed left this' });
  const { packed } = await build(project);
  await symlink('/etc/passwd', project.path('hello/bad'));
  await t.throwsAsync(build(project));
  t.deepEqual((await readdir(project.path('build'))).sort(), ['hello', 'hello.tar']);
  t.is((await stat(packed!.file)).size, packed!.bytes);
});

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
  const first = await build(project, { buildArgs });
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
  await build(project, { buildArgs });
  t.is(await runs(), 1);
  await project.write({ 'hello/requirements.txt': 'two\n' });
  const changed = await build(project, { buildArgs });
  t.is(await runs(), 2);
  t.is((await entriesOf(changed.packed!.file)).find(({ name }) => name === 'function/vendor/list')!.text, 'two\n');
  t.is((await readdir(project.path('build/.cache'))).length, 1);
  await build(project, { buildArgs, noCache: true });
  t.is(await runs(), 3);
});

test('a step without a list, such as a compiler, runs again when the code changes', async (t) => {
  await using project = await Project.create({
    ...tinyProject('http://a'),
    ...recipe(`${fork}  install:\n    - { run: "cp function/handler.sh compiled" }\n`),
  });
  const compiled = async () => {
    const entries = await entriesOf((await build(project)).packed!.file);
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
  await build(project);
  await project.write({ 'hello/requirements.txt': '' });
  await t.throwsAsync(build(project), { message: /failed \(exit code 4\):\n {2}no such package/ });
});

test('an aborted build ends the step and everything it started', async (t) => {
  await using project = await Project.create({
    ...tinyProject('http://a'),
    ...recipe(`${fork}  install:\n    - { run: "sleep 600 & echo $! ready; wait" }\n`),
  });
  const controller = new AbortController();
  let pid = 0;
  const building = build(
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
  // Gone, or dead and waiting for an init that collects it.
  const state = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => 'gone');
  t.regex(state, /^gone$|\) Z /);
});

const moduleTemplate = recipe('  mode: module\n  entry: function/handler.ts\n');

test('a module is bundled with what it imports, and can be read in a stack trace', async (t) => {
  await using project = await Project.create({
    ...tinyProject('http://a'),
    ...moduleTemplate,
    'hello/handler.ts': "import { greet } from './greet.ts';\nexport default (name: string) => greet(name);\n",
    'hello/greet.ts': 'export const greet = (name: string) => `Hello, ${name}`;\n',
  });
  const { packed } = await build(project);
  const entries = await entriesOf(packed!.file);
  t.deepEqual(
    entries.map(({ name }) => name),
    ['bundle.json', 'handler.js', 'handler.js.map'],
  );
  t.like(JSON.parse(entries[0]!.text), { mode: 'module', handler: 'handler.js' });
  t.deepEqual(JSON.parse(entries[2]!.text).sources, ['function/greet.ts', 'function/handler.ts']);
  const { default: handler } = await import(project.path('build/hello/.bundle/handler.js'));
  t.is(handler('Ada'), 'Hello, Ada');
});

test("a syntax error shows the user's file, line, column and the source line", async (t) => {
  await using project = await Project.create({
    ...tinyProject('http://a'),
    ...moduleTemplate,
    'hello/handler.ts': 'export default () => {\n  return "hi" +;\n};\n',
  });
  const error = await t.throwsAsync(build(project));
  t.regex(error.message, / {2}return "hi" \+;\n/);
  t.regex(error.message, /at hello\/handler\.ts:2:\d+/);
  t.false(error.message.includes(project.folder));
});

test('an import that is missing says what to do, and so does a handler without its file', async (t) => {
  await using project = await Project.create({
    ...tinyProject('http://a'),
    ...moduleTemplate,
    'hello/handler.ts': "import 'no-such-package';\n",
  });
  await t.throwsAsync(build(project), { message: /Could not resolve: "no-such-package"; add it to package\.json/ });
  await rm(project.path('hello/handler.ts'));
  await t.throwsAsync(build(project), { message: /^function hello has no hello\/handler\.ts/ });
});

test("a handler's own node_modules are used when they are what the lock says, without npm", async (t) => {
  await using project = await Project.create({
    ...tinyProject('http://a'),
    ...recipe(
      '  mode: module\n  entry: function/handler.ts\n  install:\n    - { run: npm install --omit=dev, in: function, when: package.json }\n',
    ),
    'hello/handler.ts': "import { x } from 'dep';\nexport default () => x;\n",
    'hello/package.json': '{ "type": "module", "dependencies": { "dep": "1.0.0" } }',
    'hello/package-lock.json':
      '{ "packages": { "": { "dependencies": { "dep": "1.0.0" } }, "node_modules/dep": { "version": "1.0.0" } } }',
    'hello/node_modules/.package-lock.json': '{ "packages": { "node_modules/dep": { "version": "1.0.0" } } }',
    'hello/node_modules/dep/package.json': '{ "name": "dep", "version": "1.0.0", "type": "module", "main": "i.js" }',
    'hello/node_modules/dep/i.js': 'export const x = 42;\n',
  });
  // A folder without npm: running it would fail.
  await mkdir(project.path('bin'));
  const { packed } = await build(project, { buildArgs: { PATH: '/usr/bin:/bin' } });
  const entries = await entriesOf(packed!.file);
  t.true(entries.find(({ name }) => name === 'handler.js')!.text.includes('42'));
  await project.write({
    'hello/node_modules/.package-lock.json': '{ "packages": { "node_modules/dep": { "version": "0.9.0" } } }',
  });
  await t.throwsAsync(build(project, { buildArgs: { PATH: project.path('bin') } }), {
    message: /npm install --omit=dev" failed/,
  });
});

test('--shrinkwrap makes the build context and nothing else', async (t) => {
  await using project = await Project.create(tinyProject('http://a'));
  const { packed, lines } = await build(project, { shrinkwrap: true });
  t.is(packed, undefined);
  t.deepEqual(lines, ['The build context of hello is in ./build/hello']);
  t.deepEqual(await readdir(project.path('build')), ['hello']);
});

test('build options must be those of the template', async (t) => {
  await using project = await Project.create({
    ...tinyProject('http://a'),
    'template/tiny/template.yml': `build_options:\n  - { name: dev, packages: [make, gcc] }\nbundle:\n${fork}  install:\n    - { run: 'echo "$ADDITIONAL_PACKAGE" > packages' }\n`,
  });
  const { packed } = await build(project, { buildOptions: ['dev'] });
  t.is((await entriesOf(packed!.file)).find(({ name }) => name === 'packages')!.text, 'gcc make\n');
  await t.throwsAsync(build(project, { buildOptions: ['prod'] }), { message: /no build option "prod"; it has: dev/ });
});
