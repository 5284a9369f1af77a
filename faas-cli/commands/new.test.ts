import { readFile, stat } from 'node:fs/promises';
import test from 'ava';
import { Project } from '../testing/project.ts';

test('new makes a folder, a stack file, a template folder and .gitignore, and says so', async (t) => {
  await using project = await Project.create();
  const { code, stdout, stderr } = await project.run(['new', '--lang', 'bash', 'hello']);
  t.deepEqual([code, stderr], [0, '']);
  t.regex(stdout, /^Function created in folder: hello\nStack file written: stack\.yaml\n\nNotes:\n/);
  t.is((await stat(project.path('hello'))).mode & 0o777, 0o700);
  t.true((await readFile(project.path('hello/handler.sh'), 'utf8')).length > 0);
  t.true((await stat(project.path('template/bash/template.yml'))).isFile());
  t.is(await readFile(project.path('.gitignore'), 'utf8'), 'template\nbuild\n.secrets\n');
  t.is(
    await readFile(project.path('stack.yaml'), 'utf8'),
    `version: 1.0
provider:
  name: openfaas
  gateway: http://127.0.0.1:8080
functions:
  hello:
    lang: bash
    handler: ./hello
    image: hello:latest
`,
  );
});

test('new adds a second function to the stack file and keeps its comments', async (t) => {
  await using project = await Project.create();
  await project.run(['new', '--lang', 'bash', 'one']);
  await project.write({ 'stack.yaml': `# mine\n${await readFile(project.path('stack.yaml'), 'utf8')}` });
  const argv = ['new', 'two', '--lang=bash', '--prefix', 'ghcr.io/ada', '--memory-limit', '64Mi', '-q'];
  t.deepEqual(await project.run(argv), { code: 0, stdout: '', stderr: '' });
  const text = await readFile(project.path('stack.yaml'), 'utf8');
  t.true(text.startsWith('# mine\n'));
  t.true(
    text.endsWith(
      '  two:\n    lang: bash\n    handler: ./two\n    image: ghcr.io/ada/two:latest\n    limits:\n      memory: 64Mi\n',
    ),
  );
});

const obstacles: readonly (readonly [string, Record<string, string>, RegExp])[] = [
  ['a file where templates are kept', { template: '' }, /^Template is a file; move it away/],
  [
    'a stack file that cannot be read',
    { 'stack.yaml/file': '' },
    /^Cannot read the stack file stack\.yaml: it is a folder\n$/,
  ],
  ['a .gitignore that cannot be written', { '.gitignore/file': '' }, /\.gitignore/],
];

for (const [what, files, message] of obstacles)
  test(`new before ${what} says so and leaves no function behind, so that it can be run again`, async (t) => {
    await using project = await Project.create(files);
    const { code, stdout, stderr } = await project.run(['new', '--lang', 'bash', 'hello']);
    t.deepEqual([code, stdout], [1, '']);
    t.regex(stderr, message);
    await t.throwsAsync(stat(project.path('hello')), { code: 'ENOENT' });
    await t.throwsAsync(readFile(project.path('stack.yaml')));
  });

const refused: readonly (readonly [string, readonly string[], RegExp])[] = [
  [
    'a name that breaks the rule',
    ['new', 'Bad_Name', '--lang', 'bash'],
    /^The name must be 1 to 63 of a-z.*"Bad_Name"\n$/,
  ],
  [
    'an unknown template',
    ['new', 'x', '--lang', 'typscript'],
    /^There is no template "typscript"; did you mean "typescript"\?\nAvailable: .*bash/,
  ],
  ['a template that is a path', ['new', 'x', '--lang', '../template'], /^There is no template/],
  ['no template', ['new', 'x'], /^Give a template with --lang, one of: .*typescript/],
  ['a folder that is there', ['new', 'there', '--lang', 'bash'], /^The folder \.\/there is there already/],
  [
    'a folder outside the project',
    ['new', 'x', '--lang', 'bash', '--handler', '../x'],
    /^--handler \.\.\/x is not inside/,
  ],
  [
    'a function that is there',
    ['new', 'known', '--lang', 'bash'],
    /^The stack file stack\.yaml has a function known already/,
  ],
];

for (const [what, argv, message] of refused)
  test(`new refuses ${what} and leaves everything as it was`, async (t) => {
    const before = 'provider:\n  name: openfaas\nfunctions:\n  known:\n    image: x\n';
    await using project = await Project.create({ 'there/file': '', 'stack.yaml': before });
    const { code, stdout, stderr } = await project.run(argv);
    t.deepEqual([code, stdout], [1, '']);
    t.regex(stderr, message);
    t.is(await readFile(project.path('stack.yaml'), 'utf8'), before);
    await t.throwsAsync(stat(project.path('template')));
    await t.throwsAsync(stat(project.path('known')));
  });
