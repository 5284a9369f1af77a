import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { engineFailure, isOlder, openEngine } from './engine.ts';

/** Engines that cannot be had here: what an old one, or one in no swarm, answers. DOCKER_HOST names it. */
async function engine(t: ExecutionContext, version: object, info: object): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'dunlin-engine-'));
  const server = createServer((req, res) => res.end(JSON.stringify(req.url!.includes('/version') ? version : info)));
  server.listen(join(folder, 'sock'));
  await once(server, 'listening');
  process.env.DOCKER_HOST = `unix://${join(folder, 'sock')}`;
  t.teardown(async () => {
    delete process.env.DOCKER_HOST;
    server.closeAllConnections();
    server.close();
    await rm(folder, { recursive: true });
  });
}

const NEW = { ApiVersion: '1.41', Version: '20.10.24' };

test.serial('an engine that is too old is named with its version and the one that is needed', async (t) => {
  await engine(t, { ApiVersion: '1.40', Version: '19.03' }, {});
  const message = /too old: it is 19\.03 with API 1\.40, and functions need API 1\.41 \(Docker 20\.10\)/;
  await t.throwsAsync(openEngine(), { code: 'provider_unavailable', message });
});

test.serial('an engine in no swarm gets the command that makes one', async (t) => {
  await engine(t, NEW, { Swarm: { LocalNodeState: 'inactive' } });
  await t.throwsAsync(openEngine(), { code: 'provider_unavailable', message: /in no swarm.*run: docker swarm init/ });
});

test.serial('a worker says where the gateway belongs', async (t) => {
  await engine(t, NEW, { Swarm: { LocalNodeState: 'active', ControlAvailable: false } });
  await t.throwsAsync(openEngine(), { message: /is a worker.*on a manager.*docker node promote/ });
});

test.serial('no engine at all is named with the socket', async (t) => {
  process.env.DOCKER_HOST = 'unix:///none/such.sock';
  t.teardown(() => delete process.env.DOCKER_HOST);
  await t.throwsAsync(openEngine(), { message: /No Docker Engine answers at \/none\/such\.sock \(ENOENT\)/ });
});

test.serial('a manager is taken', async (t) => {
  await engine(t, NEW, { Swarm: { LocalNodeState: 'active', ControlAvailable: true, NodeID: 'n1' } });
  t.is((await openEngine()).nodeId, 'n1');
});

test('versions are compared as numbers', (t) => {
  t.true(isOlder('1.9', '1.41'));
  t.false(isOlder('1.41', '1.41'));
  t.false(isOlder('2.0', '1.41'));
});

test("what the engine refuses as wrong is the caller's; all else is the engine's", (t) => {
  const refused = (statusCode: number, message: string) =>
    engineFailure(Object.assign(new Error(message), { statusCode, json: { message } }), 'the deployment of "a"');
  t.like(refused(400, 'rpc error: code = InvalidArgument desc = memory too small'), {
    code: 'invalid_request',
    message: 'The Swarm refuses the deployment of "a": memory too small',
  });
  t.like(refused(500, 'boom'), { code: 'provider_unavailable' });
  t.regex(refused(503, 'no leader').message, /no leader; the gateway must run on a manager/);
});
