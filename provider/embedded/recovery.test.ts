import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { call, Watched } from '../conformance/calls.ts';
import type { FunctionSpec } from '../provider.ts';
import { functionSpec } from '../testing/function-spec.ts';
import { createEmbeddedProvider, type EmbeddedProvider } from './embedded-provider.ts';
import { MarkedProcesses } from './processes/marked-processes.ts';
import { buildWatchdog, engineOptions, PROBE_IMAGE, pushProbe, tempDataDir } from './testing/engine.ts';

const signal = new AbortController().signal;
const probe = (name: string, replicas = 1) =>
  functionSpec(name, PROBE_IMAGE, { labels: { 'com.openfaas.scale.min': String(replicas) } });

test.before(buildWatchdog);

/** A process that owns the engine and is killed, as a gateway may be: functions deployed, replicas ready. */
async function killedOwner(t: ExecutionContext, specs: readonly FunctionSpec[]): Promise<string> {
  const dataDir = await tempDataDir();
  t.teardown(() => rm(dataDir, { recursive: true, force: true }));
  const script = join(import.meta.dirname, 'testing/owner.ts');
  const args = ['--disable-warning=ExperimentalWarning', script, dataDir, JSON.stringify(specs)];
  const owner = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  t.teardown(() => owner.kill('SIGKILL'));
  await once(owner.stdout, 'data');
  owner.kill('SIGKILL');
  await once(owner, 'exit');
  return dataDir;
}

async function restart(t: ExecutionContext, dataDir: string, lines: string[] = []): Promise<EmbeddedProvider> {
  const provider = await createEmbeddedProvider(engineOptions(dataDir, (line) => lines.push(line)));
  t.teardown(() => provider.close());
  return provider;
}

const replicasOf = async (dataDir: string) =>
  new Set((await new MarkedProcesses(dataDir).find()).map(({ replica }) => replica).sort());

test('after a kill the next engine adopts the replicas: same processes, no call lost, none twice', async (t) => {
  const dataDir = await killedOwner(t, [probe('one'), probe('two', 2)]);
  const before = await replicasOf(dataDir);
  t.is(before.size, 3);
  const lines: string[] = [];
  const provider = await restart(t, dataDir, lines);
  using watched = new Watched(provider);
  const ready = [...(await watched.ready(probe('one'))), ...(await watched.ready(probe('two'), 2))];
  t.deepEqual(new Set(ready.map(({ id }) => id).sort()), before);
  t.deepEqual(await replicasOf(dataDir), before);
  for (const { address } of ready) t.is((await call(address, '/echo', 'still here')).body, 'still here');
  t.true(
    lines.some((line) => line.includes('3 adopted')),
    lines.join('\n'),
  );
});

test('an adopted replica is scaled, explained and ended like any other, and nothing of it is left', async (t) => {
  const dataDir = await killedOwner(t, [probe('one')]);
  const provider = await restart(t, dataDir);
  using watched = new Watched(provider);
  const [adopted] = await watched.ready(probe('one'));
  await call(adopted!.address, '/crash').catch(() => undefined);
  const why = await provider.explain(probe('one'), adopted!.id, signal);
  t.like(why, { code: 'replica_crashed', exitCode: 3 });
  const { ready } = await watched.until(probe('one'), (state) => state.ready.some(({ id }) => id !== adopted!.id));
  t.is((await call(ready[0]!.address, '/echo', 'x')).body, 'x');
  await provider.close();
  t.deepEqual(await replicasOf(dataDir), new Set());
  t.deepEqual(await readdir(join(dataDir, 'run')), []);
});

test('what cannot be adopted is ended and replaced: a replica that does not answer, and one that nobody recorded', async (t) => {
  const dataDir = await killedOwner(t, [probe('one')]);
  const [mute] = await replicasOf(dataDir);
  const marked = await new MarkedProcesses(dataDir).find();
  for (const { pid } of marked) process.kill(pid, 'SIGSTOP');
  const stray = markedStray(t, dataDir);
  const strayEnded = once(stray, 'exit');
  const provider = await restart(t, dataDir);
  await strayEnded;
  t.is(stray.signalCode, 'SIGKILL');
  using watched = new Watched(provider);
  const [fresh] = await watched.ready(probe('one'));
  t.not(fresh!.id, mute);
  t.deepEqual(await replicasOf(dataDir), new Set([fresh!.id]));
  t.deepEqual(await readdir(join(dataDir, 'run')), [fresh!.id]);
});

/** As if a gateway had been killed between starting a replica and recording it. */
function markedStray(t: ExecutionContext, dataDir: string): ChildProcess {
  const env = { DUNLIN_DATA: dataDir, DUNLIN_REPLICA: 'unrecorded' };
  const stray = spawn('/bin/sleep', ['1000'], { env, stdio: 'ignore', detached: true });
  t.teardown(() => stray.kill('SIGKILL'));
  return stray;
}

test('after an orderly end functions are back with new replicas, and scaled to zero they stay so', async (t) => {
  const dataDir = await tempDataDir();
  t.teardown(() => rm(dataDir, { recursive: true, force: true }));
  const first = await createEmbeddedProvider(engineOptions(dataDir, () => {}));
  await pushProbe(first);
  await first.createSecret({ name: 's', namespace: 'openfaas-fn', value: Buffer.from('kept') }, signal);
  await first.createNamespace({ name: 'dev', labels: { a: 'b' }, annotations: {} }, signal);
  await first.deploy({ ...probe('kept'), secrets: ['s'] }, signal);
  await first.deploy(probe('zero'), signal);
  await first.scale(probe('zero'), 0, signal);
  const { createdAt } = await first.describe(probe('kept'), { usage: false }, signal);
  await first.close();
  const second = await restart(t, dataDir);
  using watched = new Watched(second);
  t.is((await watched.call(probe('kept'), '/secret/s')).body, 'kept');
  const kept = await second.describe(probe('kept'), { usage: false }, signal);
  t.deepEqual([kept.createdAt, kept.secrets], [createdAt, ['s']]);
  t.is((await second.describe(probe('zero'), { usage: false }, signal)).replicas, 0);
  t.deepEqual((await second.listNamespaces(signal)).find(({ name }) => name === 'dev')?.labels, { a: 'b' });
});
