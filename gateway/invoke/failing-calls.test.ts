import test from 'ava';
import { functionSpec } from '../../provider/testing/function-spec.ts';
import { ref, start } from '../testing/start.ts';

test('a function that does not answer in time is 504, which names the limit and its variable', async (t) => {
  const { request, deploy, provider } = await start(t, { upstream_timeout: '50ms' });
  provider.images.set('slow:latest', () => undefined);
  await deploy('slow');
  const { status, body } = await request('/function/slow');
  t.is(status, 504);
  t.like(JSON.parse(body), { code: 'timed_out' });
  t.regex(JSON.parse(body).detail, /within 0\.05 s, the gateway's upstream_timeout/);
});

test('a function may have a limit of its own, by its label', async (t) => {
  const { request, deploy, provider } = await start(t);
  provider.images.set('slow:latest', () => undefined);
  await deploy('slow', { labels: { 'com.dunlin.timeout': '50ms' } });
  const { status, body } = await request('/function/slow');
  t.is(status, 504);
  t.regex(JSON.parse(body).detail, /within 0\.05 s, its label com\.dunlin\.timeout/);
});

test('an answer that is cut is cut for the client too', async (t) => {
  const { request, deploy, provider } = await start(t);
  provider.images.set('cut:latest', (_req, res) => {
    res.writeHead(200, { 'content-length': 10 });
    res.write('half', () => res.destroy());
  });
  await deploy('cut');
  await t.throwsAsync(request('/function/cut'), { message: /aborted|socket hang up/ });
});

test('a replica that dies before it answers is 502 with its cause', async (t) => {
  const { request, deploy, provider } = await start(t);
  provider.images.set('dies:latest', (req) => void req.socket.destroy());
  await deploy('dies');
  provider.explanation = {
    code: 'replica_out_of_memory',
    message: 'The replica used more than 40Mi',
    signal: 'SIGKILL',
    lastLogLines: ['allocating'],
    at: new Date(),
  };
  const { status, headers, body } = await request('/function/dies', { method: 'POST', body: 'x' });
  t.is(status, 502);
  t.is(headers['x-dunlin-error'], 'replica_out_of_memory');
  t.like(JSON.parse(body), { code: 'replica_out_of_memory', signal: 'SIGKILL', lastLogLines: ['allocating'] });
});

test('a replica that dies without a known cause is 502 replica_died', async (t) => {
  const { request, deploy, provider } = await start(t);
  provider.images.set('dies:latest', (req) => void req.socket.destroy());
  await deploy('dies');
  const { status, body } = await request('/function/dies', { method: 'POST', body: 'x' });
  t.is(status, 502);
  t.is(JSON.parse(body).code, 'replica_died');
});

test('a call whose replica cannot be connected to goes to another, which the next calls prefer', async (t) => {
  const { request, deploy, provider } = await start(t);
  await deploy('echo', { labels: { 'com.openfaas.scale.min': '2' } });
  await provider.kill(ref('echo'), { notify: false });
  for (let i = 0; i < 20; i++) t.is((await request('/function/echo', { method: 'POST', body: 'x' })).status, 200);
});

test('what a watchdog reports is the failure that describe shows, until the next revision', async (t) => {
  const { request, deploy, provider } = await start(t);
  provider.images.set('late:latest', (_req, res) => res.writeHead(504, { 'X-Dunlin-Error': 'exec_timeout' }).end());
  await deploy('late');
  const failure = async () => JSON.parse((await request('/system/function/late')).body).failure;
  t.is(await failure(), undefined);
  await request('/function/late', { headers: { 'x-call-id': 'call-1' } });
  t.like(await failure(), { code: 'exec_timeout', callId: 'call-1' });
  await provider.update(functionSpec('late', 'late:latest'));
  t.is(await failure(), undefined);
});
