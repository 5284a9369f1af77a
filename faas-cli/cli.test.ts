import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import test from 'ava';
import type { Entry } from './commands/entry.ts';
import { REGISTRY } from './commands/registry.ts';
import { Project, root, stackOf, tinyProject } from './testing/project.ts';
import { VERSION } from './version.ts';

const wrong: readonly (readonly [readonly string[], RegExp])[] = [
  [['bild'], /^Unknown command 'bild'\n\(Did you mean build\?\)\nSee: faas-cli --help\n$/],
  [['help', 'bild'], /^Unknown command 'bild'\n/],
  [['bild', '--help'], /^Unknown command 'bild'\n/],
  [['deploy', '--imag', 'x'], /^Unknown option '--imag'\n\(Did you mean --image\?\)\nSee: faas-cli deploy --help\n$/],
  [['secret', 'creat', 'x'], /^Unknown command 'creat'\n\(Did you mean create\?\)\n/],
  [['deploy', '--update=maybe'], /^--update must be true or false, got "maybe"\n$/],
  [['build', '--parallel', 'many'], /^--parallel must be a whole number, got "many"\n$/],
  [['deploy', '--timeout', 'soon'], /^--timeout: expected a duration such as "10s".*, got "soon"\n$/],
  [['logs'], /^An argument is missing; usage: faas-cli logs NAME/],
  [['describe', 'a', 'b'], /^"b" is too much; usage: faas-cli describe NAME/],
  [['build', '-f', 'none.yaml'], /^Cannot read the stack file none\.yaml: there is no such file\n$/],
  [['build', '-f', '.'], /^Cannot read the stack file \.: it is a folder\n$/],
  [['up'], /^No stack\.yaml in .*; make a function with "faas-cli new NAME/],
  [['deploy', '--image', 'x'], /^--image needs --name/],
  [['invoke', 'x', '--method', 'a b'], /^--method must be a word such as GET or PUT, got "a b"\n$/],
  [['invoke', 'x', '--content-type', 'a\nb'], /^--content-type may have no line break .*, got "a\\nb"\n$/],
  [['invoke', 'x', '--header', 'X-A: \u20ac'], /^--header X-A may have no line break and no character beyond Latin-1/],
];

for (const [argv, message] of wrong)
  test(`"faas-cli ${argv.join(' ')}" is refused with its reason on stderr and exit code 1`, async (t) => {
    await using project = await Project.create();
    const { code, stdout, stderr } = await project.run(argv);
    t.deepEqual([code, stdout], [1, '']);
    t.regex(stderr, message);
  });

test('help lists the commands, and comes with or without being asked for', async (t) => {
  await using project = await Project.create();
  const asked = await project.run(['--help']);
  t.is(asked.code, 0);
  for (const { name, hidden } of REGISTRY) if (!hidden) t.regex(asked.stdout, new RegExp(`\\n {2}${name}\\b`));
  t.is((await project.run(['help'])).stdout, asked.stdout);
  t.like(await project.run(['help', 'secret', 'create']), { code: 0 });
  t.like(await project.run([]), { code: 0, stderr: '' });
});

const leaves = (entries: readonly Entry[], above: readonly string[] = []): (readonly [readonly string[], Entry])[] =>
  entries.flatMap((entry) => {
    const path = [...above, entry.name];
    return [...(entry.load ? [[path, entry] as const] : []), ...leaves(entry.entries ?? [], path)];
  });

for (const [path, entry] of leaves(REGISTRY))
  test(`the help of "${path.join(' ')}" has its usage, its flags and an example`, async (t) => {
    await using project = await Project.create();
    const command = await entry.load!();
    const { code, stdout } = await project.run([...path, '--help']);
    t.is(code, 0);
    t.true(stdout.startsWith(`Usage: faas-cli ${path.join(' ')}`), stdout);
    for (const flag of Object.keys(command.flags)) t.regex(stdout, new RegExp(`--${flag}\\b`));
    t.regex(stdout, /\nExamples?:\n {2}\S/);
    const shorts = Object.values(command.flags).flatMap(({ short }) => short ?? []);
    t.deepEqual(shorts, [...new Set(shorts)], 'a short flag stands for two');
  });

const groups = (entries: readonly Entry[], above: readonly string[] = []): readonly (readonly string[])[] =>
  entries.flatMap(({ name, entries: own }) => (own ? [[...above, name], ...groups(own, [...above, name])] : []));

for (const path of groups(REGISTRY))
  test(`the help of the group "${path.join(' ')}" has an example of its commands`, async (t) => {
    await using project = await Project.create();
    const { stdout } = await project.run([...path, '--help']);
    t.regex(stdout, new RegExp(`\\nExamples?:\\n {2}.*faas-cli ${path.join(' ')} \\w`));
  });

test('global flags may come before the command, and booleans take =false as in Go', async (t) => {
  await using project = await Project.create({
    'other.yaml': stackOf('http://127.0.0.1:8080').replaceAll('hello:', '${NAME:-hello}:').replace('tiny', 'bash'),
  });
  t.regex((await project.run(['-f', 'other.yaml', 'build'])).stderr, /the handler of hello/i);
  const raw = await project.run(['-f', 'other.yaml', 'build', '--envsubst=false']);
  t.regex(raw.stderr, /^other\.yaml:\d+:\d+: functions\.\$\{NAME:-hello\} is no name/);
});

test('a builder that there is not is refused, and so is a tag', async (t) => {
  await using project = await Project.create(tinyProject('http://127.0.0.1:8080'));
  t.regex((await project.run(['build', '--builder', 'podman'])).stderr, /^--builder must be bundle or docker/);
  t.regex((await project.run(['build', '--tag', 'x'])).stderr, /^--tag must be one of/);
});

test('several builds that fail are told together', async (t) => {
  await using project = await Project.create(tinyProject('http://127.0.0.1:8080'));
  const stack = await readFile(project.path('stack.yaml'), 'utf8');
  await project.write({
    'stack.yaml': `${stack}  a: { lang: tiny, handler: ./a, image: a }\n  b: { lang: nope, handler: ./hello, image: b }\n`,
  });
  const { code, stdout, stderr } = await project.run(['build', '--parallel', '3']);
  t.is(code, 1);
  t.regex(stdout, /< Building hello done/);
  t.regex(stderr, /handler of a, \.\/a, does not exist/i);
  t.regex(stderr, /no template "nope"/);
});

test('FAAS_DEBUG=1 shows the stack, which is hidden else', async (t) => {
  await using project = await Project.create();
  t.notRegex((await project.run(['up'])).stderr, /at .*\.ts/);
  t.regex((await project.run(['up'], { env: { FAAS_DEBUG: '1' } })).stderr, /at .*load-stack\.ts/);
});

test('the version is that of package.json', async (t) => {
  t.is(VERSION, JSON.parse(await readFile(join(root, 'package.json'), 'utf8')).version);
});

/** The real program, through its launcher. */
function launch(project: Project, argv: readonly string[]) {
  const child = spawn(join(root, 'bin/faas-cli'), [...argv], {
    cwd: project.folder,
    env: { PATH: process.env.PATH, HOME: project.home, OPENFAAS_CONFIG: project.home, DUNLIN_DATA: project.home },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return child;
}

test('Ctrl-C ends a followed log quietly with 130', async (t) => {
  await using project = await Project.create();
  const line = { name: 'b', namespace: 'x', instance: 'r', timestamp: '2026-01-02T15:04:05Z', text: 'here' };
  const server = createServer((_request, response) => void response.write(`${JSON.stringify(line)}\n`));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  const child = launch(project, ['logs', 'b', '-g', `http://127.0.0.1:${(server.address() as AddressInfo).port}`]);
  t.teardown(() => child.kill('SIGKILL'));
  let errors = '';
  child.stderr.on('data', (chunk) => (errors += chunk));
  const [first] = await once(child.stdout, 'data');
  t.is(String(first), '2026-01-02T15:04:05Z here\n');
  child.kill('SIGINT');
  const [code] = await once(child, 'close');
  t.deepEqual([code, errors], [130, '']);
});

test('a reader that has enough does not make faas-cli fail', async (t) => {
  await using project = await Project.create();
  const child = launch(project, ['--help']);
  t.teardown(() => child.kill('SIGKILL'));
  child.stdout.destroy();
  const [code] = await once(child, 'close');
  t.is(code, 0);
});
