import type { Conforms } from './bench.ts';
import { call } from './calls.ts';

export function failureTests(conforms: Conforms): void {
  conforms('a replica that cannot start is a failure with exit code and last log lines', async (t, bench) => {
    const { provider, watched, spec, signal } = bench;
    await provider.deploy(spec('broken', { envVars: { FAIL_START: '1' } }), signal);
    await watched.until(spec('broken'), (state) => state.failure !== undefined);
    const { failure, availableReplicas } = await provider.describe(spec('broken'), { usage: false }, signal);
    t.is(availableReplicas, 0);
    t.is(failure!.code, 'replica_crashed');
    t.is(failure!.exitCode, 7);
    t.true(failure!.lastLogLines.some((line) => line.includes('no database at db.example')));
  });

  conforms('the end of a crashed replica is explained, and another takes its place', async (t, bench) => {
    const { provider, watched, spec, signal } = bench;
    await provider.deploy(spec('crash'), signal);
    const [target] = await watched.ready(spec('crash'));
    await call(target!.address, '/crash').catch(() => undefined);
    const why = await provider.explain(spec('crash'), target!.id, signal);
    t.like(why, { code: 'replica_crashed', replica: target!.id, exitCode: 3 });
    t.true(why!.lastLogLines.some((line) => line.includes('about to crash')));
    const next = await watched.until(spec('crash'), ({ ready }) => ready.some(({ id }) => id !== target!.id));
    t.is((await call(next.ready[0]!.address, '/echo', 'back')).body, 'back');
    t.deepEqual(await provider.explain(spec('crash'), target!.id, signal), why, 'it is still known later');
  });

  conforms('explaining ends without an answer when there is none to come', async (t, bench) => {
    const { provider, watched, spec, signal } = bench;
    await provider.deploy(spec('fine'), signal);
    const [target] = await watched.ready(spec('fine'));
    t.is(await provider.explain(spec('fine'), target!.id, AbortSignal.abort()), undefined);
    t.is(await provider.explain(spec('fine'), 'never-was', signal), undefined);
  });
}
