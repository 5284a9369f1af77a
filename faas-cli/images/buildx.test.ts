import test from 'ava';
import { Project, tinyProject } from '../testing/project.ts';
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

test('the proxy of the environment becomes build arguments, in either case', (t) => {
  t.deepEqual(proxies({ HTTP_PROXY: 'a', http_proxy: 'b', HTTPS_PROXY: 'c' }), { http_proxy: 'b', https_proxy: 'c' });
  t.deepEqual(proxies({ http_proxy: '' }), {});
});
