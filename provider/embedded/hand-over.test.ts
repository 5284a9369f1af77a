import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { type IncomingMessage, request } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import test, { type ExecutionContext } from 'ava';
import { call, Watched } from '../conformance/calls.ts';
import type { FunctionSpec } from '../provider.ts';
import { functionSpec } from '../testing/function-spec.ts';
import { createEmbeddedProvider, type EmbeddedProvider } from './embedded-provider.ts';
import { MarkedProcesses } from './processes/marked-processes.ts';
import type { HandedOver } from './replicas/recover-replicas.ts';
import { buildWatchdog, createTestEngine, PROBE_IMAGE, pushProbe, type TestEngine } from './testing/engine.ts';

const signal = new AbortController().signal;
const spec = (name: string, more: Partial<FunctionSpec> = {}) => functionSpec(name, PROBE_IMAGE, more);

test.before(buildWatchdog);

async function engine(t: ExecutionContext): Promise<TestEngine> {
  const first = await createTestEngine();
  t.teardown(() => first[Symbol.asyncDispose]());
  await pushProbe(first.provider);
  return first;
}

/** By way of JSON, as between two processes. */
async function handOver(t: ExecutionContext, { provider, options }: TestEngine): Promise<EmbeddedProvider> {
  const handedOver = JSON.parse(JSON.stringify(await provider.detach())) as HandedOver;
  const next = await createEmbeddedProvider({ ...options, handedOver });
  t.teardown(() => next.close());
  return next;
}

const replicasOf = async (dataDir: string) =>
  new Set((await new MarkedProcesses(dataDir).find()).map(({ replica }) => replica));

test('the next engine goes on with the same replicas, and closing the one that let go ends none of them', async (t) => {
  const first = await engine(t);
  using before = new Watched(first.provider);
  await first.provider.deploy(spec('two', { labels: { 'com.openfaas.scale.min': '2' } }), signal);
  const ready = await before.ready(spec('two'), 2);
  const second = await handOver(t, first);
  await first.provider.close();
  using after = new Watched(second);
  t.deepEqual(new Set(await after.ready(spec('two'), 2)), new Set(ready));
  for (const { address } of ready) t.is((await call(address, '/echo', 'x')).body, 'x');
  await second.close();
  t.deepEqual(await replicasOf(first.dataDir), new Set());
  t.deepEqual(await readdir(join(first.dataDir, 'run')), []);
});

test('an engine that let go still tells why a replica ended, and leaves the rest to the next', async (t) => {
  const first = await engine(t);
  using before = new Watched(first.provider);
  await first.provider.deploy(spec('one'), signal);
  const [replica] = await before.ready(spec('one'));
  await first.provider.detach();
  await t.throwsAsync(first.provider.scale(spec('one'), 2, signal), { message: /being stopped/ });
  await call(replica!.address, '/crash').catch(() => undefined);
  t.like(await first.provider.explain(spec('one'), replica!.id, signal), { code: 'replica_crashed', exitCode: 3 });
  await before.until(spec('one'), ({ ready }) => ready.length === 0);
  const second = await createEmbeddedProvider({ ...first.options, handedOver: { stopping: {} } });
  t.teardown(() => second.close());
  using after = new Watched(second);
  const [fresh] = await after.ready(spec('one'));
  t.not(fresh!.id, replica!.id);
  t.deepEqual(await replicasOf(first.dataDir), new Set([fresh!.id]));
});

test('a replica that drains as its engine lets go ends its calls, gets no new ones, and is gone then', async (t) => {
  const first = await engine(t);
  using before = new Watched(first.provider);
  await first.provider.deploy(spec('one'), signal);
  const [old] = await before.ready(spec('one'));
  const slow = request({ socketPath: (old!.address as { path: string }).path, path: '/echo', method: 'POST' });
  slow.write('begun');
  const [answer] = (await once(slow, 'response')) as [IncomingMessage];
  await first.provider.update(spec('one', { envVars: { revision: '2' } }), signal);
  await before.until(spec('one'), ({ ready }) => ready.length === 1 && ready[0]!.id !== old!.id);
  const second = await handOver(t, first);
  using after = new Watched(second);
  const [ready] = await after.ready(spec('one'));
  t.not(ready!.id, old!.id);
  t.deepEqual(await replicasOf(first.dataDir), new Set([old!.id, ready!.id]), 'it still drains');
  slow.end(' and ended');
  t.is(await text(answer), 'begun and ended');
  while ((await readdir(join(first.dataDir, 'run'))).length > 1) await new Promise(setImmediate);
  t.deepEqual(await replicasOf(first.dataDir), new Set([ready!.id]));
});
