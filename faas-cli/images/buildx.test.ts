import { chmod, readFile, rm } from 'node:fs/promises';
import test from 'ava';
import { loggedInProject } from '../testing/logged-in-project.ts';
import { Project, stackOf, tinyProject } from '../testing/project.ts';
import { buildxArgs } from './buildx.ts';
import { proxies } from './proxies.ts';

test('the arguments of buildx hold platforms, tags, arguments, labels and secrets, and push', (t) => {
  const args = buildxArgs({
    image: 'r.example:5000/a/hello:1',
    platforms: 'linux/amd64,linux/arm64',
    extraTags: ['stable'],
    buildArgs: { A: 'b c' },
    buildSecrets: { npmrc: './npmrc' },
    labels: { team: 'x' },
    noCache: true,
    pull: false,
    folder: '/p/build/hello',
  });
  t.deepEqual(args, [
    'buildx',
    'build',
    '--builder=multiarch',
    '--progress=plain',
    '--platform=linux/amd64,linux/arm64',
    '--output=type=registry,push=true',
    '--no-cache',
    '--build-arg',
    'A=b c',
    '--label',
    'team=x',
    '--secret',
    'id=npmrc,src=./npmrc',
    '--tag',
    'r.example:5000/a/hello:1',
    '--tag',
    'r.example:5000/a/hello:stable',
    '/p/build/hello',
  ]);
});

test('publish without docker and buildx says what to install; wrong platforms and names come first', async (t) => {
  await using project = await Project.create(tinyProject('http://127.0.0.1:9'));
  const publish = async (...args: string[]) => {
    const { code, stderr } = await project.run(['publish', ...args], { env: { PATH: project.path('none') } });
    t.is(code, 1);
    return stderr;
  };
  t.regex(await publish('--platforms', 'arm'), /^--platforms must be like linux\/amd64,linux\/arm64, got "arm"/);
  t.regex(await publish(), /"hello:latest" names no registry or account/);
  await project.write({ 'stack.yaml': tinyProject('x')['stack.yaml']!.replace('hello:latest', 'ada/hello') });
  t.regex(await publish(), /^Publish needs the docker command with its buildx plugin/);
});

/** Buildx itself cannot be had from Debian: this stands in for docker, and notes what it is asked. */
const STAND_IN = '#!/bin/sh\necho "$*" >> "$(dirname "$0")/asked"\n';

test('publish and up --publish ask docker for what they need, in order, and up deploys the image', async (t) => {
  await using at = await loggedInProject();
  const { project, gateway } = at;
  const stack = stackOf(gateway.url).replace('hello:latest', 'r.example/ada/hello:1');
  await project.write({ 'stack.yaml': stack, 'template/tiny/Dockerfile': 'FROM scratch\n', 'bin/docker': STAND_IN });
  await chmod(project.path('bin/docker'), 0o755);
  const env = { PATH: `${project.path('bin')}:/usr/bin:/bin` };
  const asked = async (...args: string[]) => {
    const { code, stderr } = await project.run(args, { env });
    t.is(code, 0, stderr);
    const lines = (await readFile(project.path('bin/asked'), 'utf8')).trimEnd().split('\n');
    await rm(project.path('bin/asked'));
    return lines;
  };
  const build = (more: string) =>
    `buildx build --builder=multiarch --progress=plain --platform=linux/amd64,linux/arm64 --output=type=registry,push=true --build-arg ADDITIONAL_PACKAGE= --tag r.example/ada/hello:1${more} ${project.path('build/hello')}`;
  const platforms = ['--platforms', 'linux/amd64,linux/arm64'];
  t.deepEqual(await asked('publish', ...platforms, '--extra-tag', 'stable', '--reset-qemu'), [
    'buildx version',
    'buildx inspect multiarch',
    'run --rm --privileged multiarch/qemu-user-static --reset -p yes',
    build(' --tag r.example/ada/hello:stable'),
  ]);
  t.deepEqual(await asked('up', '--publish', ...platforms), ['buildx version', 'buildx inspect multiarch', build('')]);
  t.like(gateway.functions.get('hello'), { image: 'r.example/ada/hello:1' });
});

test('the proxy of the environment becomes build arguments, in either case', (t) => {
  t.deepEqual(proxies({ HTTP_PROXY: 'a', http_proxy: 'b', HTTPS_PROXY: 'c' }), { http_proxy: 'b', https_proxy: 'c' });
  t.deepEqual(proxies({ http_proxy: '' }), {});
});
