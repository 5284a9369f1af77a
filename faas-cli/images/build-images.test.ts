import { once } from 'node:events';
import { symlink } from 'node:fs/promises';
import { createServer } from 'node:net';
import { PassThrough, type Readable } from 'node:stream';
import test from 'ava';
import { extract } from 'tar-stream';
import type { Output } from '../context.ts';
import { Project, tinyProject } from '../testing/project.ts';
import { RecordingGateway } from '../testing/recording-gateway.ts';
import { contextTar } from './context-tar.ts';
import { liveLines, visible } from './live-lines.ts';

const withDockerfile = (gateway: string): Record<string, string> => ({
  ...tinyProject(gateway),
  'template/tiny/Dockerfile': 'FROM scratch\n',
});

async function namesIn(tar: Readable): Promise<string[]> {
  const names: string[] = [];
  for await (const entry of tar.pipe(extract())) {
    names.push(entry.header.linkname ? `${entry.header.name} -> ${entry.header.linkname}` : entry.header.name);
    entry.resume();
  }
  return names;
}

test('the context holds what .dockerignore leaves, and always the Dockerfile and .dockerignore', async (t) => {
  await using project = await Project.create({
    'context/Dockerfile': 'FROM scratch',
    'context/.dockerignore': '*\n!kept\n!deep/kept.txt\n',
    'context/kept/empty': '',
    'context/kept/file': 'x',
    'context/deep/kept.txt': 'x',
    'context/deep/other.txt': 'x',
    'context/secret': 'x',
  });
  await symlink('file', project.path('context/kept/link'));
  t.deepEqual(await namesIn(contextTar(project.path('context'))), [
    '.dockerignore',
    'Dockerfile',
    'deep/kept.txt',
    'kept',
    'kept/empty',
    'kept/file',
    'kept/link -> file',
  ]);
});

test('a context that cannot be read ends the stream with the reason', async (t) => {
  await t.throwsAsync(contextTar('/there/is/none').toArray(), { code: 'ENOENT' });
});

test('without an engine build and push name its socket and end with 1; without a Dockerfile the template is named', async (t) => {
  await using project = await Project.create(withDockerfile('http://127.0.0.1:9'));
  project.env.DOCKER_HOST = `unix://${project.path('none.sock')}`;
  const built = await project.run(['build', '--builder', 'docker']);
  t.is(built.code, 1);
  t.regex(built.stderr, /^No Docker Engine answers at .*none\.sock: there is no such socket; start it/);
  await project.write({ 'stack.yaml': withDockerfile('x')['stack.yaml']!.replace('hello:latest', 'ada/hello') });
  const pushed = await project.run(['push', '--builder', 'docker']);
  t.is(pushed.code, 1);
  t.regex(pushed.stderr, /^No Docker Engine answers at/);
  await using other = await Project.create(tinyProject('http://127.0.0.1:9'));
  t.regex((await other.run(['build', '--builder', 'docker'])).stderr, /^Template tiny has no Dockerfile/);
});

test('an engine that ends the connection is told with its address', async (t) => {
  const server = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
  t.teardown(() => server.close());
  await once(server, 'listening');
  await using project = await Project.create(withDockerfile('http://127.0.0.1:9'));
  project.env.DOCKER_HOST = `tcp://127.0.0.1:${(server.address() as { port: number }).port}`;
  t.regex((await project.run(['build', '--builder', 'docker'])).stderr, /^The Docker Engine at tcp:.* failed: /);
});

test("the gateway's kind chooses the builder; without a gateway a template that can makes a bundle", async (t) => {
  await using gateway = await RecordingGateway.create();
  await using project = await Project.create(withDockerfile(gateway.url));
  project.env.DOCKER_HOST = `unix://${project.path('none.sock')}`;
  t.is((await project.run(['build'])).code, 0);
  gateway.answers.set('GET /system/info', (_request, response) =>
    response.end(JSON.stringify({ provider: { name: 'x', orchestration: 'swarm', version: {} }, version: {} })),
  );
  t.regex((await project.run(['build'])).stderr, /^No Docker Engine answers/);
  t.is((await project.run(['build', '--builder', 'bundle'])).code, 0);
  t.regex((await project.run(['up'])).stderr, /^Function hello: the image "hello:latest" names no registry or account/);

  await using alone = await Project.create(withDockerfile('http://127.0.0.1:9'));
  alone.env.DOCKER_HOST = project.env.DOCKER_HOST!;
  t.is((await alone.run(['build'])).code, 0);
  await alone.write({ 'template/tiny/template.yml': 'language: tiny\n' });
  t.regex((await alone.run(['build'])).stderr, /^No Docker Engine answers/);
});

test('--shrinkwrap needs neither gateway nor engine', async (t) => {
  await using project = await Project.create(withDockerfile('http://127.0.0.1:9'));
  const { code, stdout } = await project.run(['build', '--builder', 'docker', '--shrinkwrap']);
  t.is(code, 0);
  t.regex(stdout, /The build context of hello is in \.\/build\/hello/);
});

test('live lines stay below what is printed, and go at the end; nothing of them is on what is no terminal', async (t) => {
  const terminal = Object.assign(new PassThrough(), { isTTY: true, columns: 40 }) as PassThrough & Output;
  const stdout = new PassThrough();
  const live = liveLines({ stdout, stderr: terminal, env: { NO_COLOR: '1' } });
  live.set('a', 'hello 1/3 FROM');
  const [first] = await once(terminal, 'data');
  t.is(String(first), 'hello 1/3 FROM\n');
  live.stdout.write('printed\n');
  t.is(String(stdout.read()), 'printed\n');
  live.close();
  t.false(String(terminal.read()).includes('hello 2'));

  const pipe = new PassThrough();
  const none = liveLines({ stdout, stderr: pipe, env: {} });
  none.set('a', 'hello');
  none.close();
  t.deepEqual([none.live, none.paint('cyan', 'x'), pipe.read()], [false, 'x', null]);
});

test('live lines fit the terminal, colours and all, and are at most thirteen', (t) => {
  const cyan = '\u001b[36mabcdefghij\u001b[39mklmnop';
  t.deepEqual(visible(['short', cyan], 13), ['short', '\u001b[36mabcdefghi\u001b[39m...']);
  const many = visible(
    Array.from({ length: 20 }, (_, index) => `line ${index}`),
    80,
  );
  t.is(many.length, 13);
  t.is(many.at(-1), '... and 8 more');
});
