import { LABEL_MIN } from '../labels.ts';
import { DEFAULT_NAMESPACE } from '../provider.ts';
import { type Conforms, ZERO } from './bench.ts';
import { call } from './calls.ts';

const GHOST = { name: 'ghost', namespace: DEFAULT_NAMESPACE };

export function functionTests(conforms: Conforms): void {
  conforms('a fresh provider has no functions and the default namespace', async (t, { provider, signal }) => {
    t.deepEqual(await provider.list(DEFAULT_NAMESPACE, signal), []);
    t.deepEqual(
      (await provider.listNamespaces(signal)).map(({ name }) => name),
      [DEFAULT_NAMESPACE],
    );
    t.truthy(provider.info.name && provider.info.orchestration);
  });

  conforms('a deployed function answers, and its spec reads back as it was given', async (t, bench) => {
    const { provider, watched, signal } = bench;
    const spec = bench.spec('echo', {
      envVars: { GREETING: 'hello there' },
      labels: { team: 'birds' },
      annotations: { topic: 'shore' },
      limits: { memory: '512Mi' },
      requests: { cpu: '10m' },
    });
    await provider.deploy(spec, signal);
    t.deepEqual(await watched.call(spec, '/echo', 'Ada'), { status: 200, body: 'Ada' });
    t.is((await watched.call(spec, '/env/GREETING')).body, 'hello there');
    const { createdAt, ...status } = await provider.describe(spec, { usage: false }, signal);
    t.true(createdAt instanceof Date);
    t.deepEqual(status, { ...spec, replicas: 1, availableReplicas: 1, updatedReplicas: 1 });
    t.deepEqual(
      (await provider.list(DEFAULT_NAMESPACE, signal)).map(({ name }) => name),
      ['echo'],
    );
  });

  conforms('deploying a name that is taken is function_exists', async (t, { provider, spec, signal }) => {
    await provider.deploy(spec('echo', { labels: ZERO }), signal);
    await t.throwsAsync(provider.deploy(spec('echo', { labels: ZERO }), signal), { code: 'function_exists' });
  });

  conforms(
    'who updates, and creates on a 404, hears of an image that is missing',
    async (t, { provider, spec, signal }) => {
      await provider.deploy(spec('echo', { labels: ZERO }), signal);
      const missing = spec('echo', { labels: ZERO, image: 'none/such:1' });
      for (const attempt of [() => provider.update(missing, signal), () => provider.deploy(missing, signal)])
        await t.throwsAsync(attempt, { code: 'bundle_not_found', message: /none\/such/ });
    },
  );

  conforms('an unknown function is function_not_found everywhere', async (t, { provider, spec, signal }) => {
    const follow = provider.logs({ ...GHOST, follow: false }, signal)[Symbol.asyncIterator]();
    for (const attempt of [
      () => provider.update(spec('ghost'), signal),
      () => provider.scale(GHOST, 2, signal),
      () => provider.remove(GHOST, signal),
      () => provider.describe(GHOST, { usage: false }, signal),
      () => follow.next(),
    ])
      await t.throwsAsync(attempt, { code: 'function_not_found', message: /ghost.*faas-cli list/ });
  });

  conforms('a refused deployment says why and leaves nothing', async (t, { provider, spec, signal }) => {
    const refusals = [
      ['namespace_not_found', /nowhere/, { namespace: 'nowhere' }],
      ['secret_not_found', /"pass".*secret create pass/, { secrets: ['pass'] }],
      ['bundle_not_found', /none/, { image: 'none/such:1' }],
      ['invalid_request', /limits\.memory.*"lots"/, { limits: { memory: 'lots' } }],
      ['invalid_request', /requests\.cpu.*"-1"/, { requests: { cpu: '-1' } }],
    ] as const;
    for (const [code, message, more] of refusals)
      await t.throwsAsync(provider.deploy(spec('refused', more), signal), { code, message });
    t.deepEqual(await provider.list(DEFAULT_NAMESPACE, signal), []);
  });

  conforms('an aborted call rejects with the reason and changes nothing', async (t, { provider, spec, signal }) => {
    const reason = new Error('the client left');
    await t.throwsAsync(provider.deploy(spec('echo'), AbortSignal.abort(reason)), { is: reason });
    t.deepEqual(await provider.list(DEFAULT_NAMESPACE, signal), []);
  });

  conforms('the minimum label says how many replicas there are at first, also none', async (t, bench) => {
    const { provider, watched, spec, signal } = bench;
    await provider.deploy(spec('none', { labels: ZERO }), signal);
    await provider.deploy(spec('two', { labels: { [LABEL_MIN]: '2' } }), signal);
    t.is(new Set((await watched.ready(spec('two'), 2)).map(({ id }) => id)).size, 2);
    const { replicas, availableReplicas } = await provider.describe(spec('none'), { usage: false }, signal);
    t.deepEqual({ replicas, availableReplicas }, { replicas: 0, availableReplicas: 0 });
  });

  conforms('scaling goes from zero up and down to zero again', async (t, { provider, watched, spec, signal }) => {
    const echo = spec('echo', { labels: ZERO });
    await provider.deploy(echo, signal);
    await provider.scale(echo, 1, signal);
    const [first] = await watched.ready(echo, 1);
    await provider.scale(echo, 3, signal);
    const three = await watched.ready(echo, 3);
    t.true(three.some(({ id }) => id === first!.id));
    for (const { address } of three) t.is((await call(address, '/echo', 'x')).body, 'x');
    await provider.scale(echo, 1, signal);
    await watched.ready(echo, 1);
    await provider.scale(echo, 0, signal);
    await watched.ready(echo, 0);
    t.is((await provider.describe(echo, { usage: false }, signal)).replicas, 0);
  });

  conforms('a call in flight is answered although its replica is scaled away', async (t, bench) => {
    const { provider, watched, spec, signal } = bench;
    await provider.deploy(spec('slow'), signal);
    const [target] = await watched.ready(spec('slow'));
    const slow = call(target!.address, '/slow/400');
    // The replica has the slow call before it is told to stop, for it has answered a later one.
    await call(target!.address, '/echo', 'x');
    await provider.scale(spec('slow'), 0, signal);
    t.deepEqual(await slow, { status: 200, body: 'slept' });
  });

  conforms(
    'a watch tells at once what there is, then each change in a new object, until it is ended',
    async (t, bench) => {
      const { provider, watched, spec, signal } = bench;
      await provider.deploy(spec('echo'), signal);
      await watched.ready(spec('echo'));
      const seen: unknown[] = [];
      const end = provider.watch((_ref, state) => seen.push(state));
      t.is(seen.length, 1);
      await provider.scale(spec('echo'), 0, signal);
      await watched.ready(spec('echo'), 0);
      t.true(seen.length > 1);
      t.not(seen[0], seen.at(-1));
      end();
      const heard = seen.length;
      await provider.remove(spec('echo'), signal);
      t.is(seen.length, heard);
    },
  );

  conforms('a removed function is gone, its replica too, and its name is free', async (t, bench) => {
    const { provider, watched, spec, signal } = bench;
    await provider.deploy(spec('echo'), signal);
    const [target] = await watched.ready(spec('echo'));
    await provider.remove(spec('echo'), signal);
    t.is(watched.states.size, 0);
    await t.throwsAsync(call(target!.address, '/echo', 'x'));
    await t.throwsAsync(provider.describe(spec('echo'), { usage: false }, signal), { code: 'function_not_found' });
    await provider.deploy(spec('echo'), signal);
    t.is((await watched.call(spec('echo'), '/echo', 'again')).body, 'again');
  });

  conforms('usage is given when asked for', async (t, { provider, watched, spec, signal }) => {
    await provider.deploy(spec('echo'), signal);
    await watched.ready(spec('echo'));
    const { usage } = await provider.describe(spec('echo'), { usage: true }, signal);
    t.true(usage!.totalMemoryBytes > 1024 * 1024);
    t.true(usage!.cpu >= 0);
  });
}
