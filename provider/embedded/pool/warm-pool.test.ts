import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { Watched } from '../../conformance/calls.ts';
import type { FunctionSpec } from '../../provider.ts';
import { functionSpec } from '../../testing/function-spec.ts';
import { createEmbeddedProvider, type EmbeddedProvider } from '../embedded-provider.ts';
import { Cgroups } from '../limits/cgroups.ts';
import type { EmbeddedLimits, EmbeddedOptions } from '../options.ts';
import { signalProcess } from '../processes/kill-all.ts';
import { MarkedProcesses } from '../processes/marked-processes.ts';
import {
  buildWatchdog,
  createTestEngine,
  engineOptions,
  isRoot,
  MODULE_IMAGE,
  pushModule,
  type TestEngine,
  tempDataDir,
} from '../testing/engine.ts';

const signal = new AbortController().signal;
const spec = (name: string, more: Partial<FunctionSpec> = {}) =>
  functionSpec(name, MODULE_IMAGE, { labels: { 'com.openfaas.scale.min': '0' }, ...more });

test.before(buildWatchdog);

async function engine(
  t: ExecutionContext,
  limits?: Partial<EmbeddedLimits>,
  more?: Partial<EmbeddedOptions>,
): Promise<TestEngine & { readonly watched: Watched }> {
  const created = await createTestEngine(limits, more);
  const watched = new Watched(created.provider);
  t.teardown(async () => {
    watched[Symbol.dispose]();
    await created[Symbol.asyncDispose]();
  });
  await pushModule(created.provider);
  return { ...created, watched };
}

/** Resolves once so many processes wait. */
async function waiting(provider: EmbeddedProvider, count: number): Promise<void> {
  while (provider.warmPool.waiting !== count) await new Promise(setImmediate);
}

interface Told {
  readonly pid: number;
  readonly uid: number;
  readonly replica: string;
  readonly name?: string;
}

async function ask(watched: Watched, of: FunctionSpec): Promise<Told> {
  await watched.ready(of);
  return JSON.parse((await watched.call(of, '/')).body) as Told;
}

/** Processes of the engine, those that wait with them. */
const processesOf = async (dataDir: string) => (await new MarkedProcesses(dataDir).find()).map(({ pid }) => pid);

const userOf = async (pid: number): Promise<number> =>
  Number(/^Uid:\t(\d+)\t\1\t\1\t\1$/m.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1]);

/** Whether this machine has a control group for memory that the engine may use. */
const isLimitable = (dataDir: string): boolean =>
  new Cgroups('/sys/fs/cgroup', dataDir).limits({ memoryBytes: 1, cpuMillis: undefined });

test('a start takes the process that waits, which is that function alone, as its user; then another waits', async (t) => {
  const { provider, watched, dataDir } = await engine(t, { warmPool: 1 });
  for (const name of ['one', 'two']) await provider.deploy(spec(name, { envVars: { name } }), signal);
  const seen: Told[] = [];
  for (const name of ['one', 'two', 'one']) {
    await waiting(provider, 1);
    while ((await processesOf(dataDir)).length > 1);
    const [pid] = await processesOf(dataDir);
    await provider.scale(spec(name), 1, signal);
    const told = await ask(watched, spec(name));
    t.is(told.pid, pid!, 'the one that waited');
    t.is(told.name, name);
    if (isRoot) t.is(await userOf(told.pid), told.uid);
    seen.push(told);
    await provider.scale(spec(name), 0, signal);
  }
  t.is(new Set(seen.map(({ replica }) => replica)).size, 3);
  t.is(new Set(seen.map(({ pid }) => pid)).size, 3);
  if (isRoot) t.not(seen[0]!.uid, seen[1]!.uid, 'each function has its own');
  t.is(seen[0]!.uid, seen[2]!.uid);
  t.is(provider.warmPool.taken, 3);
  t.is(provider.warmPool.missed, 0);
});

test('only a function that could take one makes one wait; none does when the pool is off, or the last is removed', async (t) => {
  const { provider, dataDir } = await engine(t);
  await provider.deploy(spec('zoned', { envVars: { TZ: 'UTC' } }), signal);
  await provider.deploy(spec('plain'), signal);
  await waiting(provider, 1);
  t.true(provider.warmPool.memoryBytes() > 1e6);
  await provider.remove(spec('plain'), signal);
  while ((await processesOf(dataDir)).length > 0);
  t.is(provider.warmPool.waiting, 0);

  const off = await engine(t, { warmPool: 0 });
  await off.provider.deploy(spec('plain'), signal);
  await off.provider.scale(spec('plain'), 1, signal);
  await ask(off.watched, spec('plain'));
  t.is((await processesOf(off.dataDir)).length, 1);
  t.is(off.provider.warmPool.taken + off.provider.warmPool.missed, 0);
});

test('starts that come at once make more wait, and those that find none start a process of their own', async (t) => {
  const { provider, watched } = await engine(t, { warmPool: 3 });
  await provider.deploy(spec('many'), signal);
  await waiting(provider, 1);
  await provider.scale(spec('many'), 5, signal);
  const ready = await watched.ready(spec('many'), 5);
  t.is(new Set(ready.map(({ id }) => id)).size, 5);
  t.is(provider.warmPool.taken + provider.warmPool.missed, 5);
  await waiting(provider, 3);
});

for (const [how, limits] of [
  ['from the pool', {}],
  ['started for itself', { warmPool: 0 }],
] as const) {
  test(`a function that cannot be loaded, exits or blocks is named, ${how}`, async (t) => {
    const { provider, watched } = await engine(t, limits);
    await pushModule(provider, 'broken:latest', 'import "./missing.js";');
    const broken = spec('broken', { image: 'broken:latest' });
    await provider.deploy(broken, signal);
    await provider.deploy(spec('fine', { envVars: { exec_timeout: '500ms' } }), signal);
    const filled = async (): Promise<void> => {
      // Or more: the broken one is started again and again.
      while (limits.warmPool !== 0 && provider.warmPool.waiting === 0) await new Promise(setImmediate);
    };
    await filled();
    await provider.scale(broken, 1, signal);
    const { failure } = await watched.until(broken, (state) => state.failure !== undefined);
    t.is(failure!.code, 'replica_crashed');
    t.regex(failure!.message, /handler: .*handler\.js cannot be loaded: .*missing\.js/);
    t.is(failure!.exitCode, 1);
    t.true(failure!.lastLogLines.some((line) => line.includes('missing.js')));
    await provider.scale(broken, 0, signal);

    for (const [path, code] of [
      ['/exit', 'replica_crashed'],
      ['/block', 'handler_blocked'],
    ] as const) {
      await provider.scale(spec('fine'), 0, signal);
      await filled();
      const taken = provider.warmPool.taken;
      await provider.scale(spec('fine'), 1, signal);
      const [replica] = await watched.ready(spec('fine'));
      if (limits.warmPool !== 0) t.is(provider.warmPool.taken, taken + 1);
      await t.throwsAsync(watched.call(spec('fine'), path));
      t.is((await provider.explain(spec('fine'), replica!.id, signal))?.code, code);
    }
  });
}

for (const [how, more] of [
  ['by a control group, where one can be made', {}],
  ['by looking at it, where no control group can be made', { cgroupRoot: '/nonexistent' }],
] as const)
  test(`a memory limit holds for a process from the pool, ${how}`, async (t) => {
    const { provider, watched } = await engine(t, {}, more);
    const hungry = spec('hungry', { limits: { memory: '150Mi', cpu: '2' } });
    await provider.deploy(hungry, signal);
    await waiting(provider, 1);
    await provider.scale(hungry, 1, signal);
    const [replica] = await watched.ready(hungry);
    t.is(provider.warmPool.taken, 1);
    await t.throwsAsync(watched.call(hungry, '/eat'));
    const why = await provider.explain(hungry, replica!.id, signal);
    t.is(why?.code, 'replica_out_of_memory');
    t.regex(why!.message, /memory limit of 150Mi/);
  });

test('a function with limits makes those wait that can be limited, which take on functions without limits too', async (t) => {
  const { provider, watched, dataDir } = await engine(t, { warmPool: 1 });
  const limited = spec('limited', { limits: { memory: '150Mi' } });
  await provider.deploy(spec('plain'), signal);
  await waiting(provider, 1);
  const [before] = await processesOf(dataDir);
  await provider.deploy(limited, signal);
  if (isLimitable(dataDir)) while ((await processesOf(dataDir)).includes(before!));
  for (const each of [spec('plain'), limited]) {
    await waiting(provider, 1);
    await provider.scale(each, 1, signal);
    const { pid, replica } = await ask(watched, each);
    if (isLimitable(dataDir)) t.true((await readFile(`/proc/${pid}/cgroup`, 'utf8')).includes(replica));
  }
  t.is(provider.warmPool.taken, 2);
  for (const each of [spec('plain'), limited]) await provider.remove(each, signal);
});

test('a limit below what a process takes already is for the function to fail of, not for the pool', async (t) => {
  const { provider, watched } = await engine(t);
  const tiny = spec('tiny', { limits: { memory: '1Mi' } });
  await provider.deploy(tiny, signal);
  await waiting(provider, 1);
  await provider.scale(tiny, 1, signal);
  const { failure } = await watched.until(tiny, (state) => state.failure !== undefined);
  t.is(failure!.code, 'replica_out_of_memory');
});

test('one that ends while it waits is replaced, and the log says so', async (t) => {
  const { provider, dataDir, lines } = await engine(t, { warmPool: 1 });
  await provider.deploy(spec('one'), signal);
  await waiting(provider, 1);
  const [pid] = await processesOf(dataDir);
  process.kill(pid!, 'SIGKILL');
  await waiting(provider, 0);
  await waiting(provider, 1);
  t.not((await processesOf(dataDir))[0], pid);
  t.true(lines.some((line) => /A pooled watchdog ended by SIGKILL/.test(line)));
  while ((await readdir(join(dataDir, 'run'))).length > 1);
  t.pass();
});

test('an engine that ends, or lets go of its replicas, leaves none waiting', async (t) => {
  const { provider, watched, dataDir, options } = await engine(t);
  await provider.deploy(spec('one'), signal);
  await waiting(provider, 1);
  await provider.scale(spec('one'), 1, signal);
  const { pid, replica } = await ask(watched, spec('one'));
  await waiting(provider, 1);
  await provider.detach();
  t.deepEqual(await processesOf(dataDir), [pid]);
  const next = await createEmbeddedProvider({ ...options, handedOver: { stopping: {} } });
  using seen = new Watched(next);
  t.is((await ask(seen, spec('one'))).pid, pid, 'one from the pool is handed over like any other');
  await waiting(next, 1);
  t.is((await readdir(join(dataDir, 'run'))).length, 2);
  t.true((await readdir(join(dataDir, 'run'))).includes(replica));
  await next.close();
  t.deepEqual(await processesOf(dataDir), []);
  t.deepEqual(await readdir(join(dataDir, 'run')), []);
});

/** A process that owns the engine, with one replica ready and a process that waits. */
async function owner(t: ExecutionContext): Promise<{ dataDir: string; child: ChildProcess }> {
  const dataDir = await tempDataDir();
  t.teardown(() => rm(dataDir, { recursive: true, force: true }));
  const script = join(import.meta.dirname, '../testing/owner.ts');
  const specs = [spec('one', { labels: {} })];
  const args = ['--disable-warning=ExperimentalWarning', script, dataDir, JSON.stringify(specs)];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  t.teardown(async () => {
    child.kill('SIGKILL');
    // Replicas outlive their gateway.
    for (const pid of await processesOf(dataDir)) signalProcess(pid, 'SIGKILL');
  });
  await once(child.stdout!, 'data');
  return { dataDir, child };
}

test('when the gateway is killed, those that wait end, and one that cannot is ended by the next', async (t) => {
  const { dataDir, child } = await owner(t);
  const [replica, waits] = await Promise.all(
    (await processesOf(dataDir)).map(async (pid) => ({ pid, args: await readFile(`/proc/${pid}/cmdline`, 'utf8') })),
  ).then((all) => all.toSorted((a, b) => Number(a.args.includes('--pooled')) - Number(b.args.includes('--pooled'))));
  process.kill(waits!.pid, 'SIGSTOP');
  child.kill('SIGKILL');
  await once(child, 'exit');
  t.deepEqual(new Set(await processesOf(dataDir)), new Set([replica!.pid, waits!.pid]));
  const next = await createEmbeddedProvider(engineOptions(dataDir, () => {}, { warmPool: 0 }));
  t.teardown(() => next.close());
  t.deepEqual(await processesOf(dataDir), [replica!.pid]);

  const second = await owner(t);
  const before = await processesOf(second.dataDir);
  second.child.kill('SIGKILL');
  await once(second.child, 'exit');
  while ((await processesOf(second.dataDir)).length > before.length - 1);
  t.pass();
});
