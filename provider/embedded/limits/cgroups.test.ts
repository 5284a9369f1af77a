import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { Cgroups } from './cgroups.ts';

/** Folders that look like a kernel's version 2 tree; what is written to them can be read back. */
async function treeOfVersion2(t: ExecutionContext): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'dunlin-cgroup-'));
  t.teardown(() => rm(root, { recursive: true }));
  await writeFile(join(root, 'cgroup.controllers'), 'cpu memory');
  const engine = join(root, 'dunlin', '5fe5a125');
  await mkdir(engine, { recursive: true });
  for (const level of [root, join(root, 'dunlin'), engine])
    await writeFile(join(level, 'cgroup.subtree_control'), 'cpu memory');
  return root;
}

test('version 2: limits and the counter of kills are those of the replica', async (t) => {
  const root = await treeOfVersion2(t);
  const engine = join(root, 'dunlin', '5fe5a125');
  const files = ['memory.max', 'memory.swap.max', 'memory.oom.group', 'memory.events'];
  await mkdir(join(engine, 'abc'));
  for (const file of files) await writeFile(join(engine, 'abc', file), '');
  const cgroups = new Cgroups(root, '/some/data');
  const group = cgroups.create('abc', { memoryBytes: 1024, cpuMillis: 250 }, true)!;
  const read = (file: string) => readFile(join(engine, 'abc', file), 'utf8');
  t.deepEqual(await Promise.all(['memory.max', 'memory.swap.max', 'memory.oom.group', 'cpu.max'].map(read)), [
    '1024',
    '0',
    '1',
    '25000 100000',
  ]);
  await writeFile(join(engine, 'abc', 'memory.events'), 'low 0\noom 3\noom_kill 2\noom_group_kill 1\n');
  t.is(group.oomKills(), 2);
  await group.attach(4711);
  t.is(await read('cgroup.procs'), '4711');
  t.deepEqual(group.pids(), [4711]);
});

test('groups that are made ahead get their limits later, and only those that the replica has', async (t) => {
  const root = await treeOfVersion2(t);
  const folder = join(root, 'dunlin', '5fe5a125', 'abc');
  const cgroups = new Cgroups(root, '/some/data');
  const prepared = cgroups.prepare('abc')!;
  await prepared.attach(4711);
  t.deepEqual(await readdir(folder), ['cgroup.procs']);
  const group = prepared.limit({ memoryBytes: undefined, cpuMillis: 250 }, true);
  t.is(await readFile(join(folder, 'cpu.max'), 'utf8'), '25000 100000');
  t.false(group.limitsMemory);
  t.true(prepared.limit({ memoryBytes: 1024, cpuMillis: undefined }, true).limitsMemory);
  t.is(await readFile(join(folder, 'memory.max'), 'utf8'), '1024');
  t.deepEqual(group.pids(), [4711]);
});

test('where no controller is there is nothing to limit with', async (t) => {
  const root = await mkdtemp(join(tmpdir(), 'dunlin-cgroup-'));
  t.teardown(() => rm(root, { recursive: true }));
  const cgroups = new Cgroups(root, '/some/data');
  t.is(cgroups.create('abc', { memoryBytes: 1024, cpuMillis: 250 }, true), undefined);
  t.is(cgroups.prepare('abc'), undefined);
  t.false(cgroups.limits({ memoryBytes: 1024, cpuMillis: 250 }));
});

test('version 1: a group is made, and removed with the engine', async (t) => {
  const root = await mkdtemp(join(tmpdir(), 'dunlin-cgroup-'));
  t.teardown(() => rm(root, { recursive: true }));
  await mkdir(join(root, 'memory'));
  await writeFile(join(root, 'memory/memory.limit_in_bytes'), '');
  const cgroups = new Cgroups(root, '/some/data');
  const group = cgroups.create('abc', { memoryBytes: 1024 }, true)!;
  const folder = join(root, 'memory/dunlin/5fe5a125/abc');
  t.true((await stat(folder)).isDirectory());
  await rm(join(folder, 'memory.limit_in_bytes'));
  t.true(group.remove());
  cgroups.close();
  t.deepEqual(await stat(join(root, 'memory/dunlin')).catch(({ code }) => code), 'ENOENT');
});
