import { once } from 'node:events';
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, type IncomingMessage, request } from 'node:http';
import { Agent as HttpsAgent, get as httpsGet } from 'node:https';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import test, { type ExecutionContext } from 'ava';
import { certificate } from '../../gateway/testing/certificate.ts';
import { type Finished, type Platform, replicaProcesses, root, run, startPlatform } from '../harness/platform.ts';
import { temporaryFolder } from '../harness/temporary-folder.ts';

const takeOver = (dataDir: string, ...more: string[]): Promise<Finished> =>
  run(['sh', join(root, 'tools/node'), join(root, 'gateway/main.ts'), '--take-over', '--data', dataDir, ...more]);

const servingPid = ({ dataDir }: Platform): number =>
  JSON.parse(readFileSync(join(dataDir, 'gateway.json'), 'utf8')).pid as number;

async function platformWithFiglet(t: ExecutionContext, env: Record<string, string> = {}): Promise<Platform> {
  const platform = await startPlatform({ env });
  t.teardown(() => platform[Symbol.asyncDispose]());
  return platform;
}

/** One call on a connection of the agent's. */
async function callOn(agent: Agent, { url }: Platform): Promise<{ status: number; connection: string; body: string }> {
  const req = request(`${url}/function/figlet`, { method: 'POST', agent });
  req.end('Ada');
  const [res] = (await once(req, 'response')) as [IncomingMessage];
  return { status: res.statusCode!, connection: res.headers.connection ?? '', body: await text(res) };
}

test('--take-over replaces the gateway: same address, same replicas, and Ctrl-C still stops everything', async (t) => {
  const platform = await platformWithFiglet(t);
  const replicas = [...replicaProcesses(platform.dataDir).keys()];
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  t.teardown(() => agent.destroy());
  t.is((await callOn(agent, platform)).connection, 'keep-alive');
  for (const round of [1, 2]) {
    const before = servingPid(platform);
    const { code, stdout, stderr } = await takeOver(platform.dataDir);
    t.is(code, 0, stderr);
    const after = servingPid(platform);
    t.is(stdout, `The gateway with process id ${before} was replaced by process ${after}.\n`);
    t.not(after, before);
    const left = await callOn(agent, platform);
    t.like(
      left,
      { status: 200, connection: 'close' },
      `an idle connection is not cut, but told to end, round ${round}`,
    );
    t.is((await callOn(agent, platform)).connection, 'keep-alive', 'the next one is of the new gateway');
  }
  t.deepEqual([...replicaProcesses(platform.dataDir).keys()], replicas);
  t.is((await platform.api('/system/functions')).status, 200);
  agent.destroy();
  t.is(await platform.stop(), 0, 'the process that was started first ends with the last gateway');
  t.is(replicaProcesses(platform.dataDir).size, 0);
});

test('a connection from before two take-overs is answered: what replaced its gateway forwards on', async (t) => {
  // Longer than two take-overs take anywhere: idle connections are cut after it.
  const platform = await platformWithFiglet(t, { dunlin_drain_timeout: '120s' });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  t.teardown(() => agent.destroy());
  await callOn(agent, platform);
  for (const _round of [1, 2]) t.is((await takeOver(platform.dataDir)).code, 0);
  t.like(await callOn(agent, platform), { status: 200, connection: 'close' });
});

for (const workers of ['1', '2'])
  test(`with TLS and --workers ${workers} the gateway is replaced, too: an idle connection is answered and told to end`, async (t) => {
    const folder = await temporaryFolder(t);
    const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
    writeFileSync(cert, certificate.cert);
    writeFileSync(key, certificate.key);
    const env = { dunlin_tls_cert: cert, dunlin_tls_key: key };
    const platform = await startPlatform({ env, args: ['--workers', workers] });
    t.teardown(() => platform[Symbol.asyncDispose]());
    for (const [path, status] of [
      ['/healthz', 200],
      ['/function/ghost', 404],
    ] as const) {
      const agent = new HttpsAgent({ keepAlive: true, maxSockets: 1, ca: certificate.cert });
      t.teardown(() => agent.destroy());
      const get = async () => {
        const [res] = (await once(httpsGet(`${platform.url}${path}`, { agent }), 'response')) as [IncomingMessage];
        await text(res);
        return { status: res.statusCode, connection: res.headers.connection };
      };
      t.deepEqual(await get(), { status, connection: 'keep-alive' });
      const { code, stderr } = await takeOver(platform.dataDir);
      t.is(code, 0, stderr);
      t.deepEqual(await get(), { status, connection: 'close' });
      t.deepEqual(await get(), { status, connection: 'keep-alive' });
    }
  });

test('a change that is asked of the old gateway after the take-over is made by the new one', async (t) => {
  const platform = await platformWithFiglet(t);
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  t.teardown(() => agent.destroy());
  await callOn(agent, platform);
  t.is((await takeOver(platform.dataDir)).code, 0);
  const req = request(`${platform.url}/system/scale-function/figlet`, {
    method: 'POST',
    agent,
    headers: { authorization: platform.authorization },
  });
  req.end(JSON.stringify({ serviceName: 'figlet', replicas: 2 }));
  const [res] = (await once(req, 'response')) as [IncomingMessage];
  t.is(res.statusCode, 202, await text(res));
  t.is(res.headers.connection, 'close');
  await platform.until('figlet', ({ availableReplicas }) => availableReplicas === 2);
});

test('a call that waits for its function to start as the gateway is replaced is answered', async (t) => {
  const platform = await platformWithFiglet(t);
  for (const _round of [1, 2]) {
    const body = { serviceName: 'figlet', replicas: 0 };
    t.is((await platform.api('/system/scale-function/figlet', { method: 'POST', body })).status, 202);
    let over = false;
    const taken = takeOver(platform.dataDir).finally(() => (over = true));
    while (!over) {
      const calls = Array.from({ length: 4 }, () => platform.call('figlet', { method: 'POST', body: 'Ada' }));
      for (const answer of await Promise.all(calls)) t.is(answer.status, 200, await answer.text());
      t.is((await platform.api('/system/scale-function/figlet', { method: 'POST', body })).status, 202);
    }
    t.is((await taken).code, 0);
  }
});

test('when the new gateway cannot open the state, the old one has it back, goes on and says why', async (t) => {
  const platform = await platformWithFiglet(t);
  const before = servingPid(platform);
  // Only the new gateway reads the tokens anew, after the old one gave its state away.
  writeFileSync(join(platform.dataDir, 'tokens.json'), 'no JSON');
  const { code, stderr } = await takeOver(platform.dataDir);
  t.is(code, 1);
  t.regex(stderr, new RegExp(`The gateway with process id ${before} goes on: .*tokens\\.json`));
  t.is(servingPid(platform), before);
  t.is((await platform.call('figlet', { method: 'POST', body: 'Ada' })).status, 200);
  const scaled = await platform.api('/system/scale-function/figlet', {
    method: 'POST',
    body: { serviceName: 'figlet', replicas: 2 },
  });
  t.is(scaled.status, 202);
  await platform.until('figlet', ({ availableReplicas }) => availableReplicas === 2);
  rmSync(join(platform.dataDir, 'tokens.json'));
  t.is((await takeOver(platform.dataDir)).code, 0, 'and can be replaced later');
});

test('when the new gateway cannot even start, the old one never gave anything away', async (t) => {
  const platform = await platformWithFiglet(t);
  const before = servingPid(platform);
  const auth = join(platform.dataDir, 'auth');
  renameSync(auth, `${auth}.aside`);
  writeFileSync(auth, 'no folder');
  t.is((await takeOver(platform.dataDir)).code, 1);
  rmSync(auth);
  renameSync(`${auth}.aside`, auth);
  t.is(servingPid(platform), before);
  t.is((await platform.call('figlet', { method: 'POST', body: 'Ada' })).status, 200);
});

test('when the process that was started first is killed, the gateway ends and leaves the functions to the next', async (t) => {
  const platform = await platformWithFiglet(t);
  t.is((await takeOver(platform.dataDir)).code, 0);
  const replicas = [...replicaProcesses(platform.dataDir).keys()];
  await platform.kill();
  await using next = await startWhenFree(platform.dataDir);
  t.deepEqual([...replicaProcesses(platform.dataDir).keys()], replicas);
  t.is((await next.call('figlet', { method: 'POST', body: 'Ada' })).status, 200);
});

/** The gateway that lost its keeper drains first. */
async function startWhenFree(dataDir: string): Promise<Platform> {
  for (;;) {
    try {
      return await startPlatform({ dataDir });
    } catch (error) {
      if (!/is in use by the gateway/.test((error as Error).message)) throw error;
    }
  }
}

test('without a gateway there is nothing to take over, and other flags do not go with --take-over', async (t) => {
  const nothing = await takeOver('/tmp/dunlin-no-such-folder');
  t.is(nothing.code, 1);
  t.is(nothing.stderr, 'No gateway runs on /tmp/dunlin-no-such-folder; start one without --take-over\n');
  const flags = await takeOver('/tmp/dunlin-no-such-folder', '--port', '1');
  t.is(flags.code, 1);
  t.regex(flags.stderr, /--take-over does not go with --port/);
});
