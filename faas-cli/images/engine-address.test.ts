import { writeFile } from 'node:fs/promises';
import test from 'ava';
import { Project } from '../testing/project.ts';
import { engineAddress } from './engine-address.ts';

const machine = { home: '/home/ada', platform: 'linux', arch: 'x64', uid: 1000 };
const at = (env: Record<string, string>) => engineAddress({ env, machine });

test('DOCKER_HOST names a socket, a port, or a host to reach by ssh', async (t) => {
  t.deepEqual(await at({ DOCKER_HOST: 'unix:///run/user/1/docker.sock' }), {
    options: { socketPath: '/run/user/1/docker.sock' },
    shown: '/run/user/1/docker.sock',
  });
  t.like((await at({ DOCKER_HOST: 'tcp://engine:2375' })).options, { host: 'engine', port: '2375', protocol: 'http' });
  t.like((await at({ DOCKER_HOST: 'engine' })).options, { host: 'engine', port: 2375 });
  t.like((await at({ DOCKER_HOST: 'ssh://ada@engine' })).options, { protocol: 'ssh', username: 'ada', port: 22 });
});

test('with DOCKER_TLS_VERIFY the certificates are read, and one that is missing is named', async (t) => {
  await using project = await Project.create({ 'ca.pem': 'ca', 'cert.pem': 'cert' });
  const env = { DOCKER_HOST: 'tcp://engine', DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: project.folder };
  await t.throwsAsync(at(env), { message: /cannot read .*key\.pem .*DOCKER_CERT_PATH/ });
  await writeFile(project.path('key.pem'), 'key');
  t.like((await at(env)).options, { protocol: 'https', port: 2376, key: Buffer.from('key') });
});

test('a DOCKER_HOST that is none is refused', async (t) => {
  await t.throwsAsync(at({ DOCKER_HOST: 'npipe://x' }), { code: 'invalid_request', message: /got "npipe:\/\/x"/ });
});
