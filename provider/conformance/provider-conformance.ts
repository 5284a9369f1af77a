import type { ExecutionContext, TestFn } from 'ava';
import { LABEL_MIN } from '../labels.ts';
import { DEFAULT_NAMESPACE, type FunctionRef, type FunctionSpec, type LogMessage, type Provider } from '../provider.ts';
import { call, Watched } from './calls.ts';

/** A fresh provider with nothing deployed, and an image that it can run: probe/server.mjs in http mode. */
export interface ConformanceSetup extends AsyncDisposable {
  readonly provider: Provider;
  readonly image: string;
}

interface Bench {
  readonly provider: Provider;
  readonly watched: Watched;
  readonly signal: AbortSignal;
  spec(name: string, more?: Partial<FunctionSpec>): FunctionSpec;
}

const GHOST = { name: 'ghost', namespace: DEFAULT_NAMESPACE };
const ZERO = { [LABEL_MIN]: '0' };

/** The contract of provider.ts as tests: each implementation's own test file calls this with a way to make one. */
export function providerConformance(test: TestFn, create: () => Promise<ConformanceSetup>): void {
  const conforms = (title: string, run: (t: ExecutionContext, bench: Bench) => Promise<void>) =>
    test(title, async (t) => {
      await using setup = await create();
      const { provider, image } = setup;
      using watched = new Watched(provider);
      const spec: Bench['spec'] = (name, more) => ({
        name,
        namespace: DEFAULT_NAMESPACE,
        image,
        labels: {},
        annotations: {},
        ...more,
      });
      await run(t, { provider, watched, spec, signal: new AbortController().signal });
    });
  functionTests(conforms);
  rollingTests(conforms);
  failureTests(conforms);
  secretTests(conforms);
  namespaceTests(conforms);
  logTests(conforms);
}

type Conforms = (title: string, run: (t: ExecutionContext, bench: Bench) => Promise<void>) => void;

function functionTests(conforms: Conforms): void {
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
    t.deepEqual(status, { ...spec, replicas: 1, availableReplicas: 1 });
    t.deepEqual(
      (await provider.list(DEFAULT_NAMESPACE, signal)).map(({ name }) => name),
      ['echo'],
    );
  });

  conforms('deploying a name that is taken is function_exists', async (t, { provider, spec, signal }) => {
    await provider.deploy(spec('echo', { labels: ZERO }), signal);
    await t.throwsAsync(provider.deploy(spec('echo', { labels: ZERO }), signal), { code: 'function_exists' });
  });

  conforms('an unknown function is function_not_found everywhere', async (t, { provider, spec, signal }) => {
    const follow = provider.logs({ ...GHOST, follow: false }, signal)[Symbol.asyncIterator]();
    for (const attempt of [
      () => provider.update(spec('ghost'), signal),
      () => provider.scale(GHOST, 2, signal),
      () => provider.remove(GHOST, signal),
      () => provider.describe(GHOST, { usage: false }, signal),
      () => follow.next(),
    ])
      await t.throwsAsync(attempt, { code: 'function_not_found', message: /ghost/ });
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

function rollingTests(conforms: Conforms): void {
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

function failureTests(conforms: Conforms): void {
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

function secretTests(conforms: Conforms): void {
  const secret = (name: string, text: string) => ({ name, namespace: DEFAULT_NAMESPACE, value: Buffer.from(text) });

  conforms('a function reads its secrets, and a new value without a new deployment', async (t, bench) => {
    const { provider, watched, spec, signal } = bench;
    await provider.createSecret(secret('db.password', 'first'), signal);
    await provider.createSecret(secret('api-key', 'key'), signal);
    const reader = spec('reader', { secrets: ['db.password', 'api-key'] });
    await provider.deploy(reader, signal);
    t.is((await watched.call(reader, '/secret/db.password')).body, 'first');
    t.is((await watched.call(reader, '/secret/api-key')).body, 'key');
    const before = watched.states.get('reader.openfaas-fn')!.ready;
    await provider.updateSecret(secret('db.password', 'second'), signal);
    t.is((await watched.call(reader, '/secret/db.password')).body, 'second');
    t.deepEqual(watched.states.get('reader.openfaas-fn')!.ready, before);
    t.deepEqual((await provider.describe(reader, { usage: false }, signal)).secrets, ['db.password', 'api-key']);
  });

  conforms('secrets are listed by name, made once, and not removed while in use', async (t, bench) => {
    const { provider, spec, signal } = bench;
    await provider.createSecret(secret('b', '1'), signal);
    await provider.createSecret(secret('a', '1'), signal);
    t.deepEqual(
      (await provider.listSecrets(DEFAULT_NAMESPACE, signal)).map(({ name }) => name),
      ['a', 'b'],
    );
    await t.throwsAsync(provider.createSecret(secret('a', '2'), signal), { code: 'secret_exists' });
    await t.throwsAsync(provider.updateSecret(secret('c', '2'), signal), { code: 'secret_not_found' });
    await t.throwsAsync(provider.removeSecret(secret('c', ''), signal), { code: 'secret_not_found' });
    await t.throwsAsync(provider.listSecrets('nowhere', signal), { code: 'namespace_not_found' });
    await provider.deploy(spec('user', { labels: ZERO, secrets: ['a'] }), signal);
    await t.throwsAsync(provider.removeSecret(secret('a', ''), signal), { code: 'invalid_request', message: /user/ });
    await provider.remove(spec('user'), signal);
    await provider.removeSecret(secret('a', ''), signal);
    t.deepEqual(
      (await provider.listSecrets(DEFAULT_NAMESPACE, signal)).map(({ name }) => name),
      ['b'],
    );
  });
}

function namespaceTests(conforms: Conforms): void {
  conforms('namespaces are made, changed and removed, with their labels', async (t, { provider, signal }) => {
    const dev = { name: 'dev', labels: { openfaas: '1' }, annotations: { owner: 'ada' } };
    await provider.createNamespace(dev, signal);
    await t.throwsAsync(provider.createNamespace(dev, signal), { code: 'namespace_exists' });
    t.deepEqual(
      (await provider.listNamespaces(signal)).find(({ name }) => name === 'dev'),
      dev,
    );
    const changed = { ...dev, labels: { openfaas: '1', stage: 'test' } };
    await provider.updateNamespace(changed, signal);
    t.deepEqual(
      (await provider.listNamespaces(signal)).find(({ name }) => name === 'dev'),
      changed,
    );
    await provider.removeNamespace('dev', signal);
    t.false((await provider.listNamespaces(signal)).some(({ name }) => name === 'dev'));
    await t.throwsAsync(provider.updateNamespace(dev, signal), { code: 'namespace_not_found' });
    await t.throwsAsync(provider.removeNamespace('dev', signal), { code: 'namespace_not_found' });
    await t.throwsAsync(provider.removeNamespace(DEFAULT_NAMESPACE, signal), { code: 'invalid_request' });
  });

  conforms('the same name in two namespaces is two functions', async (t, { provider, watched, spec, signal }) => {
    await provider.createNamespace({ name: 'dev', labels: { openfaas: '1' }, annotations: {} }, signal);
    const inDev = spec('twin', { namespace: 'dev', envVars: { WHERE: 'dev' } });
    const standard = spec('twin', { envVars: { WHERE: 'default' } });
    await provider.deploy(inDev, signal);
    await provider.deploy(standard, signal);
    t.is((await watched.call(inDev, '/env/WHERE')).body, 'dev');
    t.is((await watched.call(standard, '/env/WHERE')).body, 'default');
    await t.throwsAsync(provider.removeNamespace('dev', signal), { code: 'invalid_request', message: /twin/ });
    await provider.remove(inDev, signal);
    await provider.removeNamespace('dev', signal);
    t.is((await watched.call(standard, '/env/WHERE')).body, 'default');
    await t.throwsAsync(provider.list('dev', signal), { code: 'namespace_not_found' });
  });
}

function logTests(conforms: Conforms): void {
  const collect = async (lines: AsyncIterable<LogMessage>) => {
    const all: LogMessage[] = [];
    for await (const line of lines) all.push(line);
    return all;
  };
  const texts = (lines: readonly LogMessage[]) => lines.map(({ text }) => text).join('\n');

  /** Reads until a line has `text`, which also tells that all before it is there. */
  const untilLine = async (provider: Provider, ref: FunctionRef, text: string) => {
    const stop = new AbortController();
    const seen: LogMessage[] = [];
    for await (const line of provider.logs({ ...ref, follow: true }, stop.signal)) {
      seen.push(line);
      if (line.text.includes(text)) stop.abort();
    }
    return seen;
  };

  conforms('logs have what the function printed, with replica and time; tail and since cut them', async (t, bench) => {
    const { provider, watched, signal } = bench;
    const ref: FunctionRef = { name: 'talk', namespace: DEFAULT_NAMESPACE };
    await provider.deploy(bench.spec('talk'), signal);
    for (const word of ['one', 'two', 'three']) await watched.call(ref, `/print/${word}`);
    const all = await untilLine(provider, ref, 'three');
    t.regex(texts(all), /one.*two.*three/s);
    const [target] = await watched.ready(ref);
    for (const line of all) {
      t.is(line.instance, target!.id);
      t.like(line, ref);
      t.false(Number.isNaN(Date.parse(line.timestamp)));
    }
    t.is((await collect(provider.logs({ ...ref, follow: false, tail: 2 }, signal))).length, 2);
    t.deepEqual(await collect(provider.logs({ ...ref, follow: false, tail: 0 }, signal)), []);
    const future = new Date(Date.now() + 60_000);
    t.deepEqual(await collect(provider.logs({ ...ref, follow: false, since: future }, signal)), []);
    t.deepEqual(await collect(provider.logs({ ...ref, follow: false, instance: 'other' }, signal)), []);
  });

  conforms('followed logs go on with replicas to come', async (t, { provider, watched, spec, signal }) => {
    const talk = spec('talk');
    await provider.deploy(talk, signal);
    const [first] = await watched.ready(talk);
    await call(first!.address, '/print/before');
    const following = untilLine(provider, talk, 'from the second');
    await provider.scale(talk, 2, signal);
    const second = (await watched.ready(talk, 2)).find(({ id }) => id !== first!.id)!;
    await call(second.address, `/print/${encodeURIComponent('from the second')}`);
    const lines = await following;
    t.true(lines.some(({ instance, text }) => instance === first!.id && text.includes('before')));
    t.is(lines.at(-1)!.instance, second.id);
  });

  conforms('followed logs end when the function is removed', async (t, { provider, watched, spec, signal }) => {
    await provider.deploy(spec('talk'), signal);
    await watched.ready(spec('talk'));
    const following = collect(provider.logs({ ...spec('talk'), follow: true }, signal));
    await provider.remove(spec('talk'), signal);
    t.true(Array.isArray(await following));
  });
}
