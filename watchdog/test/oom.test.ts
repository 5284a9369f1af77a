import { randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { type Env, FUNCTIONS, RUNTIMES, Running, test } from './harness.ts';

/** The watchdogs need up to 120 MB on Node; the functions below ask for more than all. */
const LIMIT_BYTES = 200 * 1024 * 1024;

/** A memory cgroup of the test's own, by v1 or v2; `undefined` where this machine lets us have none. */
function limitedGroup(t: ExecutionContext): string | undefined {
  for (const [parent, limit] of [
    ['/sys/fs/cgroup/memory', 'memory.limit_in_bytes'],
    ['/sys/fs/cgroup', 'memory.max'],
  ] as const) {
    const group = join(parent, `watchdog-test-${randomUUID()}`);
    try {
      mkdirSync(group);
    } catch {
      continue;
    }
    t.teardown(async () => {
      // What was killed leaves its group a moment later.
      while (readFileSync(join(group, 'cgroup.procs'), 'utf8') !== '')
        await new Promise((resolve) => setImmediate(resolve));
      rmdirSync(group);
    });
    try {
      writeFileSync(join(group, limit), String(LIMIT_BYTES));
      return group;
    } catch {
      // The other version's folder.
    }
  }
  return undefined;
}

const EATER = 'dd if=/dev/zero of=/dev/null bs=1000M count=1';

for (const [runtime, command] of Object.entries(RUNTIMES)) {
  const within = async (t: ExecutionContext, env: Env): Promise<Running | undefined> => {
    const group = limitedGroup(t);
    if (group === undefined) {
      t.log('no memory cgroup can be made here');
      t.pass();
      return undefined;
    }
    const enter = ['sh', '-c', `echo $$ >${group}/cgroup.procs; exec "$@"`, 'sh'];
    const w = new Running(t, [...enter, ...command], env);
    await w.ready;
    return w;
  };

  for (const [mode, fprocess] of [
    ['fork', EATER],
    ['serializing', `sh -c "echo eating >&2; ${EATER}; exit $?"`],
    ['streaming', EATER],
  ] as const)
    test(`${mode}, ${runtime}: a process that the kernel kills for memory is a 502 that says so`, async (t) => {
      const w = await within(t, { mode, fprocess });
      if (w === undefined) return;
      const answer = await w.call();
      t.is(answer.status, 502, answer.body);
      t.is(answer.headers['x-dunlin-error'], 'replica_out_of_memory');
      t.regex(answer.body, /raise the memory limit/);
      t.is((await w.call({ path: '/_/health' })).status, 200);
    });

  test(`http, ${runtime}: a process that the kernel kills for memory ends the watchdog, and says so`, async (t) => {
    const server = `${process.execPath} ${join(FUNCTIONS, 'http-server.mjs')}`;
    const w = await within(t, { mode: 'http', fprocess: server, upstream_url: 'unix:' });
    if (w === undefined) return;
    const answer = await w.call({ path: '/eat' });
    t.is(answer.status, 502, answer.body);
    t.like(JSON.parse(answer.body), { code: 'replica_out_of_memory', signal: 'SIGKILL' });
    t.is((await w.exited).code, 1);
    t.like(w.termination(), { code: 'replica_out_of_memory', signal: 'SIGKILL' });
  });
}
