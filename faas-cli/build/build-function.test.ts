import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import test from 'ava';
import { buildHello, entriesOf, recipe } from '../testing/build-hello.ts';
import { Project, tinyProject } from '../testing/project.ts';

test("a handler that is gone is told, and not the template's skeleton built in its place", async (t) => {
  await using project = await Project.create(tinyProject('http://127.0.0.1:8080'));
  await rm(project.path('hello/handler.sh'));
  await t.throwsAsync(buildHello(project), {
    code: 'invalid_request',
    message: /handler of hello, \.\/hello, is an empty/,
  });
  await project.write({ 'hello/types.ts': '', 'hello/handler.mjs': '' });
  await t.throwsAsync(buildHello(project, { lang: 'typescript' }), {
    code: 'invalid_request',
    message:
      'function hello has no hello/handler.ts, where its template starts it; name the file so, or choose another template with lang',
  });
});

test('a file that no bundle can have is named, with what to do', async (t) => {
  await using project = await Project.create(tinyProject('http://127.0.0.1:8080'));
  const name = Buffer.concat([Buffer.from(project.path('hello/')), Buffer.from([0x62, 0xff])]);
  await writeFile(name, '');
  await t.throwsAsync(buildHello(project), {
    code: 'invalid_request',
    message: /hello\/b\ufffd is no UTF-8; rename the file/,
  });
  await rm(name);
  await mkdir(project.path('hello/sub'));
  const server = createServer().listen(project.path('hello/sub/sock'));
  await once(server, 'listening');
  await t.throwsAsync(buildHello(project), {
    code: 'invalid_request',
    message: /hello\/sub\/sock is a pipe, a socket/,
  });
  server.close();
});

test('a handler may be the project folder itself; build, template and secrets stay out', async (t) => {
  await using project = await Project.create(tinyProject('http://127.0.0.1:8080'));
  await project.write({ 'handler.sh': 'cat\n', '.git/config': '', '.secrets/key': '', 'node_modules/x/index.js': '' });
  const { packed } = await buildHello(project, { handler: './' });
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
  const { packed } = await buildHello(project);
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
  const [first, second] = [await buildHello(one), await buildHello(two)];
  t.is(first.packed!.digest, second.packed!.digest);
  t.is((await buildHello(one)).packed!.digest, first.packed!.digest);
});

test('the handler replaces the skeleton, and its build, template and node_modules stay out', async (t) => {
  await using project = await Project.create({
    ...tinyProject('http://a'),
    'hello/build/x': '',
    'hello/template/x': '',
    'hello/node_modules/x': '',
    'hello/data/build/kept': '',
  });
  const names = (await entriesOf((await buildHello(project)).packed!.file)).map(({ name }) => name);
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
  await buildHello(project, { copy: ['shared/lib'] });
  t.is(await readFile(project.path('build/hello/function/shared/lib/a.sh'), 'utf8'), 'x');
  await t.throwsAsync(buildHello(project, { copy: ['../home'] }), {
    message: /^the extra path, \.\.\/home, is outside the project/,
  });
  await t.throwsAsync(buildHello(project, { copy: ['.'] }), { message: /is the whole project/ });
  await t.throwsAsync(buildHello(project, { copy: ['none'] }), { message: /none, does not exist/ });
});

test('a handler that is missing, a file, or outside the project is said to be', async (t) => {
  await using project = await Project.create(tinyProject('http://a'));
  await t.throwsAsync(buildHello(project, { handler: './nope' }), {
    message: /^the handler of hello, \.\/nope, does not exist/,
  });
  await t.throwsAsync(buildHello(project, { handler: './stack.yaml' }), { message: /is a file; name its folder/ });
  await t.throwsAsync(buildHello(project, { handler: '../home' }), { message: /is outside the project/ });
  await symlink('../home', project.path('out'));
  await t.throwsAsync(buildHello(project, { handler: './out' }), { message: /is outside the project/ });
});

test('a template without a bundle section, or with a bad one, is said to be', async (t) => {
  await using project = await Project.create({
    ...tinyProject('http://a'),
    'template/tiny/template.yml': 'language: tiny\nfprocess: cat\n',
  });
  await t.throwsAsync(buildHello(project), { message: /template tiny has no "bundle:" section/ });
  await project.write(recipe('  mode: quick\n'));
  await t.throwsAsync(buildHello(project), { message: /template\.yml:3:9: bundle\.mode must be one of module, http/ });
  await project.write(recipe('  mode: http\n'));
  await t.throwsAsync(buildHello(project), { message: /template\.yml:3:3: bundle\.process is missing/ });
});

test('links stay links when they lead into the function, and are refused when they lead out', async (t) => {
  await using project = await Project.create(tinyProject('http://a'));
  await symlink('handler.sh', project.path('hello/again'));
  const link = (await entriesOf((await buildHello(project)).packed!.file)).find(
    ({ name }) => name === 'function/again',
  );
  t.like(link, { type: 'symlink', linkname: 'handler.sh' });
  await symlink('/etc/passwd', project.path('hello/secrets'));
  await t.throwsAsync(buildHello(project), { message: /the link function\/secrets leads to \/etc\/passwd/ });
});

test('a build that fails leaves the bundle of the last one, and nothing half-written', async (t) => {
  await using project = await Project.create(tinyProject('http://a'));
  await project.write({ 'build/hello.tar.0-0.tmp': 'a build that was killed left this' });
  const { packed } = await buildHello(project);
  await symlink('/etc/passwd', project.path('hello/bad'));
  await t.throwsAsync(buildHello(project));
  t.deepEqual((await readdir(project.path('build'))).sort(), ['hello', 'hello.tar']);
  t.is((await stat(packed!.file)).size, packed!.bytes);
});

test('--shrinkwrap makes the build context and nothing else', async (t) => {
  await using project = await Project.create(tinyProject('http://a'));
  const { packed, lines } = await buildHello(project, { shrinkwrap: true });
  t.is(packed, undefined);
  t.deepEqual(lines, ['The build context of hello is in ./build/hello']);
  t.deepEqual(await readdir(project.path('build')), ['hello']);
});
