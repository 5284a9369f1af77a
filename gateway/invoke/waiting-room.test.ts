import { request as httpRequest } from 'node:http';
import test from 'ava';
import type { FunctionState, ReplicaFailure } from '../../provider/provider.ts';
import { functionSpec } from '../../provider/testing/function-spec.ts';
import { MemoryProvider } from '../testing/memory-provider.ts';
import { ref, start } from '../testing/start.ts';
import { FunctionEntry } from './function-entry.ts';
import { WaitingRoom } from './waiting-room.ts';

test('a call of a function at zero starts one replica and is answered by it', async (t) => {
  const { request, deploy, provider } = await start(t);
  await deploy('echo', { labels: { 'com.openfaas.scale.min': '0' } });
  const answers = await Promise.all(Array.from({ length: 5 }, () => request('/function/echo')));
  t.true(answers.every(({ status }) => status === 200));
  t.deepEqual(provider.scaled, ['echo=1']);
});

test('a call waits for a replica that is starting, and goes on when the watch says it is ready', async (t) => {
  const { request, deploy, provider, untilWaiting } = await start(t);
  provider.holding = true;
  await deploy('echo');
  const answer = request('/function/echo', { method: 'POST', body: 'x' });
  await untilWaiting(1);
  await provider.release();
  t.is((await answer).status, 200);
  t.deepEqual(provider.scaled, []);
});

test('calls that wait hear why a start failed, in words, with exit code and last lines', async (t) => {
  const { request, deploy, provider, untilWaiting } = await start(t);
  provider.holding = true;
  await deploy('bad');
  const answers = [request('/function/bad'), request('/function/bad')];
  await untilWaiting(2);
  provider.fail(ref('bad'), {
    code: 'replica_crashed',
    message: 'The process exited with code 1 before it was ready',
    exitCode: 1,
    lastLogLines: ['SyntaxError: Unexpected token'],
    at: new Date(),
  });
  for (const { status, body } of await Promise.all(answers)) {
    t.is(status, 502);
    t.like(JSON.parse(body), { code: 'replica_crashed', exitCode: 1, lastLogLines: ['SyntaxError: Unexpected token'] });
  }
});

test('a call that waits too long is 503 no_replica', async (t) => {
  const { request, deploy, provider } = await start(t, { dunlin_cold_start_timeout: '20ms' });
  provider.holding = true;
  await deploy('echo');
  const { status, body } = await request('/function/echo');
  t.deepEqual([status, JSON.parse(body).code], [503, 'no_replica']);
});

test('more calls than may wait are 503 at once', async (t) => {
  const { request, deploy, provider, untilWaiting } = await start(t, { dunlin_max_waiting: '1' });
  provider.holding = true;
  await deploy('echo');
  const first = request('/function/echo');
  await untilWaiting(1);
  t.is((await request('/function/echo')).status, 503);
  await provider.release();
  t.is((await first).status, 200);
});

test('with scale_from_zero off a function at zero is 503', async (t) => {
  const { request, deploy, provider } = await start(t, { scale_from_zero: 'false' });
  await deploy('echo', { labels: { 'com.openfaas.scale.min': '0' } });
  t.is((await request('/function/echo')).status, 503);
  t.deepEqual(provider.scaled, []);
});

test('calls that wait for a function that is removed are 404', async (t) => {
  const { request, deploy, provider, untilWaiting } = await start(t);
  provider.holding = true;
  await deploy('echo');
  const answer = request('/function/echo');
  await untilWaiting(1);
  await provider.remove(ref('echo'));
  t.is((await answer).status, 404);
});

test('a client that leaves frees its place among the waiting', async (t) => {
  const { deploy, provider, port, untilWaiting } = await start(t);
  provider.holding = true;
  await deploy('echo');
  const req = httpRequest({ port, path: '/function/echo' }).on('error', () => undefined);
  req.end();
  await untilWaiting(1);
  req.destroy();
  await untilWaiting(0);
  t.pass();
});

test('calls over com.dunlin.max-inflight wait for their turn, and go on in order as others end', async (t) => {
  const { request, deploy, provider, untilWaiting } = await start(t);
  const running: (() => void)[] = [];
  const order: string[] = [];
  let arrived = Promise.withResolvers<void>();
  provider.images.set('one:latest', (req, res) => {
    order.push(req.url!);
    running.push(() => res.end());
    arrived.resolve();
  });
  await deploy('one', { labels: { 'com.dunlin.max-inflight': '1' } });
  const answers = [request('/function/one/1')];
  await arrived.promise;
  answers.push(request('/function/one/2'));
  await untilWaiting(1);
  answers.push(request('/function/one/3'));
  await untilWaiting(2);
  t.deepEqual(order, ['/1']);
  for (const expected of [
    ['/1', '/2'],
    ['/1', '/2', '/3'],
  ]) {
    arrived = Promise.withResolvers();
    running.shift()!();
    await arrived.promise;
    t.deepEqual(order, expected);
  }
  running.shift()!();
  t.deepEqual(
    (await Promise.all(answers)).map(({ status }) => status),
    [200, 200, 200],
  );
});

test('a call whose turn does not come in time is 429, and says which limit', async (t) => {
  const { request, deploy, provider } = await start(t, { dunlin_cold_start_timeout: '20ms' });
  const { promise, resolve } = Promise.withResolvers<() => void>();
  provider.images.set('one:latest', (_req, res) => resolve(() => res.end()));
  await deploy('one', { labels: { 'com.dunlin.max-inflight': '1' } });
  const first = request('/function/one');
  const finish = await promise;
  const { status, body } = await request('/function/one');
  t.is(status, 429);
  t.regex(JSON.parse(body).detail, /com\.dunlin\.max-inflight/);
  finish();
  t.is((await first).status, 200);
});

const state: FunctionState = { spec: functionSpec('f', 'f'), replicas: 1, ready: [] };
const crash = (at: number): ReplicaFailure => ({
  code: 'replica_crashed',
  message: 'Replica a ended by SIGKILL',
  replica: 'a',
  lastLogLines: [],
  at: new Date(at),
});

test('a call that was never on a replica does not fail with its crash while another is being started', async (t) => {
  await using provider = new MemoryProvider();
  const room = new WaitingRoom(provider, { maxWaiting: 10, maxWaitMs: 60_000, scaleFromZero: true });
  const entry = new FunctionEntry(state.spec, state);
  const heard: string[] = [];
  const waiter = { onReady: () => heard.push('ready'), onFailure: (error: Error) => heard.push(error.message) };
  room.enter(entry, waiter, Number.POSITIVE_INFINITY);
  entry.state = { ...state, failure: crash(1), recovering: true };
  room.changed(entry);
  t.deepEqual(heard, [], 'the replica that died had served: its successor will too');
  t.is(room.size, 1);
  entry.state = { ...state, failure: crash(2) };
  room.changed(entry);
  t.deepEqual(heard, ['Replica a ended by SIGKILL'], 'its successor did not even start');
  t.is(room.size, 0);
});
