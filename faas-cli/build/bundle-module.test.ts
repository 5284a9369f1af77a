import { mkdir, rm } from 'node:fs/promises';
import test from 'ava';
import { buildHello, entriesOf, recipe } from '../testing/build-hello.ts';
import { Project, tinyProject } from '../testing/project.ts';

const moduleTemplate = recipe('  mode: module\n  entry: function/handler.ts\n');

test('a module is bundled with what it imports, and can be read in a stack trace', async (t) => {
  await using project = await Project.create({
    ...tinyProject('http://a'),
    ...moduleTemplate,
    'hello/handler.ts': "import { greet } from './greet.ts';\nexport default (name: string) => greet(name);\n",
    'hello/greet.ts': 'export const greet = (name: string) => `Hello, ${name}`;\n',
  });
  const { packed } = await buildHello(project);
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
  const error = await t.throwsAsync(buildHello(project));
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
  await t.throwsAsync(buildHello(project), {
    message: /Could not resolve: "no-such-package"; add it to package\.json/,
  });
  await rm(project.path('hello/handler.ts'));
  await t.throwsAsync(buildHello(project), { message: /^function hello has no hello\/handler\.ts/ });
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
  const { packed } = await buildHello(project, { buildArgs: { PATH: '/usr/bin:/bin' } });
  const entries = await entriesOf(packed!.file);
  t.true(entries.find(({ name }) => name === 'handler.js')!.text.includes('42'));
  await project.write({
    'hello/node_modules/.package-lock.json': '{ "packages": { "node_modules/dep": { "version": "0.9.0" } } }',
  });
  await t.throwsAsync(buildHello(project, { buildArgs: { PATH: project.path('bin') } }), {
    message: /npm install --omit=dev" failed/,
  });
});
