import { LABEL_MIN } from '../labels.ts';
import { type Conforms, ZERO } from './bench.ts';
import { call } from './calls.ts';

export function rollingTests(conforms: Conforms): void {
  conforms('an update under load loses no call, and keeps the number of replicas', async (t, bench) => {
    const { provider, watched, spec, signal } = bench;
    const version = (number: string) => spec('rolling', { envVars: { VERSION: number } });
    await provider.deploy(version('1'), signal);
    await provider.scale(spec('rolling'), 2, signal);
    const before = (await watched.ready(spec('rolling'), 2)).map(({ id }) => id);
    const heard = new Map<string, number>();
    let replaced = false;
    const load = async () => {
      for (let turn = 0; !replaced; turn++) {
        const ready = watched.states.get('rolling.openfaas-fn')!.ready;
        t.true(ready.length >= 2, 'as many as were asked for serve at any time');
        const { body, status } = await call(ready[turn % ready.length]!.address, '/env/VERSION');
        t.is(status, 200);
        heard.set(body, (heard.get(body) ?? 0) + 1);
      }
    };
    const loads = [load(), load()];
    await provider.update(version('2'), signal);
    const isReplaced = ({ id }: { id: string }) => !before.includes(id);
    await watched.until(spec('rolling'), ({ ready }) => ready.length === 2 && ready.every(isReplaced));
    replaced = true;
    await Promise.all(loads);
    t.true(heard.get('1')! > 0);
    t.is((await watched.call(spec('rolling'), '/env/VERSION')).body, '2');
    t.is((await provider.describe(spec('rolling'), { usage: false }, signal)).replicas, 2);
  });

  conforms(
    'a new revision that fails leaves the old one serving and is named; a good one clears it',
    async (t, bench) => {
      const { provider, watched, spec, signal } = bench;
      await provider.deploy(spec('careful', { envVars: { VERSION: '1' } }), signal);
      const [old] = await watched.ready(spec('careful'));
      await provider.update(spec('careful', { envVars: { FAIL_START: '1' } }), signal);
      const { failure, ready } = await watched.until(spec('careful'), (state) => state.failure !== undefined);
      t.is(failure!.code, 'replica_crashed');
      t.deepEqual(ready, [old!]);
      t.is((await call(old!.address, '/env/VERSION')).body, '1');
      await provider.update(spec('careful', { envVars: { VERSION: '3' } }), signal);
      await watched.until(spec('careful'), (state) => state.ready.length === 1 && state.ready[0]!.id !== old!.id);
      t.is((await provider.describe(spec('careful'), { usage: false }, signal)).failure, undefined);
      t.is((await watched.call(spec('careful'), '/env/VERSION')).body, '3');
    },
  );

  conforms('an update that changes nothing keeps the replica', async (t, { provider, watched, spec, signal }) => {
    await provider.deploy(spec('same'), signal);
    const before = await watched.ready(spec('same'));
    await provider.update(spec('same'), signal);
    t.deepEqual(await watched.ready(spec('same')), before);
  });

  conforms('an update raises the number of replicas to the new minimum', async (t, bench) => {
    const { provider, watched, spec, signal } = bench;
    await provider.deploy(spec('grow', { labels: ZERO }), signal);
    await provider.update(spec('grow', { labels: { [LABEL_MIN]: '2' } }), signal);
    t.is((await watched.ready(spec('grow'), 2)).length, 2);
  });
}
