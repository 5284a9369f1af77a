import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { Ending } from './child.ts';
import { OomWatch } from './oom.ts';

const KILLED: Ending = { exitCode: null, signal: 'SIGKILL' };

/** Files as the kernel shows them, by path. */
function tree(t: ExecutionContext, files: Record<string, string>) {
  const root = mkdtempSync(join(tmpdir(), 'oom-test-'));
  t.teardown(() => rmSync(root, { recursive: true }));
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  for (const [path, text] of Object.entries(files)) write(path, text);
  return { root, write };
}

const events = (kills: number): string => `low 0\nhigh 3\nmax 17\noom 2\noom_kill ${kills}\noom_group_kill 0\n`;

for (const [kind, own, path] of [
  ['cgroup v2', '0::/box/fn\n', 'sys/fs/cgroup/box/fn/memory.events'],
  ['cgroup v2 in a container that sees its own group as the root', '0::/\n', 'sys/fs/cgroup/memory.events'],
  ['cgroup v2 with a path that is outside', '0::/../outside\n', 'sys/fs/cgroup/memory.events'],
  ['cgroup v1', '5:cpu:/x\n4:memory:/box\n0::/\n', 'sys/fs/cgroup/memory/box/memory.oom_control'],
  ['cgroup v1 in a container', '4:memory:/docker/abc\n', 'sys/fs/cgroup/memory/memory.oom_control'],
] as const)
  test(`${kind}: a kill is for lack of memory when the counter grew`, (t) => {
    const { root, write } = tree(t, { 'proc/self/cgroup': own, [path]: events(7) });
    const watch = new OomWatch(root);
    t.false(watch.killed(KILLED, 0));
    write(path, events(8));
    t.false(watch.killed({ exitCode: 1, signal: null }, 10_000), 'it ended by itself');
    t.true(watch.killed(KILLED, 10_000));
    t.true(watch.killed(KILLED, 10_900), 'killed together with it');
    t.false(watch.killed(KILLED, 11_000));
    write(path, events(9));
    t.true(watch.killed({ exitCode: 137, signal: null }, 20_000), 'a shell whose command was killed');
  });

test('without a counter nothing is for lack of memory', (t) => {
  t.false(new OomWatch(tree(t, {}).root).killed(KILLED, 0));
});
