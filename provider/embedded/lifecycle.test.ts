import { chmod, mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { ZERO } from '../conformance/bench.ts';
import { call, Watched } from '../conformance/calls.ts';
import { functionSpec as spec } from '../testing/function-spec.ts';
import { createEmbeddedProvider } from './embedded-provider.ts';
import { KeyedTurns } from './keyed-turns.ts';
import { MarkedProcesses } from './processes/marked-processes.ts';
import {
  buildWatchdog,
  createTestEngine,
  engineOptions,
  isRoot,
  manifestEntry,
  PROBE_IMAGE,
  push,
  pushProbe,
  tempDataDir,
} from './testing/engine.ts';

const signal = new AbortController().signal;
const httpMode = (process: string) => manifestEntry({ mode: 'http', process, environment: { upstream_url: 'unix:' } });

test.before(buildWatchdog);

test('close leaves no process and no folder of a replica, and may be called twice', async (t) => {
  await using engine = await createTestEngine();
  const { provider, dataDir } = engine;
  await pushProbe(provider);
  for (const name of ['a', 'b', 'c']) await provider.deploy(spec(name, PROBE_IMAGE), signal);
  using watched = new Watched(provider);
  await watched.ready(spec('a', ''));
  // One is ready, others may be starting just now.
  await Promise.all([provider.close(), provider.close()]);
  t.deepEqual(await new MarkedProcesses(dataDir).find(), []);
  t.deepEqual(await readdir(join(dataDir, 'run')), []);
  await t.throwsAsync(provider.deploy(spec('d', PROBE_IMAGE), signal), { code: 'provider_unavailable' });
});

test('a removed function leaves nothing, not even a process that left its session and ignores signals', async (t) => {
  await using engine = await createTestEngine({ stopGraceMs: 300 });
  const { provider, dataDir } = engine;
  const stubborn = `
    import { spawn } from 'node:child_process';
    import { createServer } from 'node:http';
    const child = spawn('/bin/sh', ['-c', 'trap "" TERM INT HUP; while :; do sleep 1; done'], { detached: true, stdio: 'ignore' });
    process.on('SIGTERM', () => {});
    createServer((req, res) => res.end(String(child.pid))).listen(process.env.PORT);
  `;
  await push(provider, 'stubborn', [httpMode('node stubborn.mjs'), { name: 'stubborn.mjs', content: stubborn }]);
  await provider.deploy(spec('stubborn', 'stubborn'), signal);
  using watched = new Watched(provider);
  t.regex((await watched.call(spec('stubborn', ''), '/')).body, /^\d+$/);
  t.true((await new MarkedProcesses(dataDir).find()).length >= 3);
  await provider.remove(spec('stubborn', ''), signal);
  t.deepEqual(await new MarkedProcesses(dataDir).find(), []);
  t.deepEqual(await readdir(join(dataDir, 'run')), []);
  t.deepEqual(await readdir(join(dataDir, 'functions')), []);
});

test('a replica that does not get ready in time is ended and says so', async (t) => {
  await using engine = await createTestEngine({ startTimeoutMs: 700 });
  const { provider } = engine;
  await pushProbe(provider);
  await provider.deploy(spec('slow', PROBE_IMAGE, { envVars: { HANG_START: '1' } }), signal);
  using watched = new Watched(provider);
  const { failure } = await watched.until(spec('slow', ''), (state) => state.failure !== undefined);
  t.is(failure!.code, 'timed_out');
  t.regex(failure!.message, /not ready within 0\.7 s/);
});

test('a number of replicas that was mistyped starts some at a time, and can be taken back', async (t) => {
  await using engine = await createTestEngine({ startsAtOnce: 3 });
  const { provider } = engine;
  await pushProbe(provider);
  using watched = new Watched(provider);
  await provider.deploy(spec('many', PROBE_IMAGE, { envVars: { HANG_START: '1' }, labels: ZERO }), signal);
  await provider.scale(spec('many', ''), 100_000, signal);
  t.is((await readdir(join(engine.dataDir, 'run'))).length, 3);
  await provider.scale(spec('many', ''), 0, signal);
  await provider.update(spec('many', PROBE_IMAGE), signal);
  await provider.scale(spec('many', ''), 7, signal);
  t.is(new Set((await watched.ready(spec('many', ''), 7)).map(({ id }) => id)).size, 7);
});

test('a process that does not exist is a failure that names it', async (t) => {
  await using engine = await createTestEngine();
  await push(engine.provider, 'absent', [httpMode('no-such-program --serve')]);
  await engine.provider.deploy(spec('absent', 'absent'), signal);
  using watched = new Watched(engine.provider);
  const { failure } = await watched.until(spec('absent', ''), (state) => state.failure !== undefined);
  t.true(`${failure!.message} ${failure!.lastLogLines.join(' ')}`.includes('no-such-program'));
});

test('a limited replica has its variables whole, also those whose names no shell has', async (t) => {
  await using engine = await createTestEngine();
  await pushProbe(engine.provider);
  const envVars = { 'spring.profile': 'a b', 'X-Y': '$HOME', PLAIN: '"\'' };
  await engine.provider.deploy(spec('limited', PROBE_IMAGE, { envVars, limits: { memory: '1Gi', cpu: '2' } }), signal);
  using watched = new Watched(engine.provider);
  for (const [name, value] of Object.entries(envVars))
    t.is((await watched.call(spec('limited', ''), `/env/${name}`)).body, value);
});

test('an update with the same image name takes what was pushed since', async (t) => {
  await using engine = await createTestEngine();
  const { provider } = engine;
  const version = (text: string) =>
    push(provider, 'app', [
      httpMode('node app.mjs'),
      {
        name: 'app.mjs',
        content: `import('node:http').then(({ createServer }) => createServer((q, r) => r.end('${text}')).listen(process.env.PORT))`,
      },
    ]);
  await version('one');
  await provider.deploy(spec('app', 'app:latest'), signal);
  using watched = new Watched(provider);
  const [first] = await watched.ready(spec('app', ''));
  t.is((await call(first!.address, '/')).body, 'one');
  await version('two');
  await provider.update(spec('app', 'app:latest'), signal);
  const { ready } = await watched.until(spec('app', ''), (state) => state.ready.some(({ id }) => id !== first!.id));
  t.is((await call(ready.find(({ id }) => id !== first!.id)!.address, '/')).body, 'two');
});

test('deploying a failed function again, as it is, tries it at once and forgets the failure', async (t) => {
  await using engine = await createTestEngine();
  const { provider } = engine;
  await push(provider, 'absent', [httpMode('no-such-program --serve')]);
  const absent = spec('absent', 'absent');
  await provider.deploy(absent, signal);
  using watched = new Watched(provider);
  await watched.until(absent, (state) => state.failure !== undefined);
  const tried = watched.until(absent, (state) => state.failure === undefined);
  await provider.update(absent, signal);
  t.is((await tried).ready.length, 0);
  t.truthy((await watched.until(absent, (state) => state.failure !== undefined)).failure);
});

test('a data folder that cannot be used is one clear error', async (t) => {
  const dataDir = await tempDataDir();
  t.teardown(() => rm(dataDir, { recursive: true, force: true }));
  const open = (folder: string) => createEmbeddedProvider(engineOptions(folder, () => {}));
  const long = join(dataDir, 'x'.repeat(90));
  await t.throwsAsync(open(long), { code: 'invalid_request', message: /bytes, but at most \d+.*107.*shorter/ });
  await t.throwsAsync(open('/dev/null/data'), { code: 'invalid_request', message: /cannot be written/ });
  const missing = { ...engineOptions(dataDir, () => {}), watchdogPath: '/no/fwatchdog' };
  await t.throwsAsync(createEmbeddedProvider(missing), { message: /no executable \/no\/fwatchdog.*npm run build/ });
});

(isRoot ? test : test.skip)(
  'a data folder that the users of functions cannot enter is refused (needs root)',
  async (t) => {
    const dataDir = await tempDataDir();
    t.teardown(() => rm(dataDir, { recursive: true, force: true }));
    await mkdir(join(dataDir, 'closed/data'), { recursive: true });
    await chmod(join(dataDir, 'closed'), 0o700);
    const opening = createEmbeddedProvider(engineOptions(join(dataDir, 'closed/data'), () => {}));
    await t.throwsAsync(opening, { code: 'invalid_request', message: /cannot enter .*closed.*chmod o\+x/ });
  },
);

test('500 functions without replicas are listed, and are there after a restart', async (t) => {
  const dataDir = await tempDataDir();
  t.teardown(() => rm(dataDir, { recursive: true, force: true }));
  const first = await createEmbeddedProvider(engineOptions(dataDir, () => {}));
  await push(first, 'cat', [manifestEntry({ mode: 'fork', process: 'cat' })]);
  const idle = { labels: { 'com.openfaas.scale.min': '0' } };
  await Promise.all(Array.from({ length: 500 }, (_, n) => first.deploy(spec(`f${n}`, 'cat', idle), signal)));
  t.is((await first.list('openfaas-fn', signal)).length, 500);
  await first.close();
  await using second = await createEmbeddedProvider(engineOptions(dataDir, () => {}));
  const names = (await second.list('openfaas-fn', signal)).map(({ name }) => name);
  t.is(names.length, 500);
  t.deepEqual(names, names.toSorted());
});

test("closing does not wait for a call as long as the function's own limit would allow", async (t) => {
  await using engine = await createTestEngine({ stopGraceMs: 200 });
  const { provider } = engine;
  await pushProbe(provider);
  await provider.deploy(spec('patient', PROBE_IMAGE, { envVars: { exec_timeout: '1h', write_timeout: '1h' } }), signal);
  using watched = new Watched(provider);
  const [target] = await watched.ready(spec('patient', ''));
  const endless = t.throwsAsync(call(target!.address, '/slow/3600000'));
  await call(target!.address, '/pid');
  // Both ways to stop it are under way when the engine closes.
  const removal = provider.remove(spec('patient', ''), signal);
  await provider.close();
  await Promise.all([removal, endless]);
});

test('who waits for a turn is told at once when the own signal aborts', async (t) => {
  const turns = new KeyedTurns();
  const first = Promise.withResolvers<void>();
  const leaving = new AbortController();
  const order: string[] = [];
  const running = turns.run('key', signal, async () => {
    await first.promise;
    order.push('first');
  });
  const waiting = turns.run('key', leaving.signal, async () => order.push('never'));
  const last = turns.run('key', signal, async () => order.push('last'));
  const reason = new Error('gone');
  leaving.abort(reason);
  await t.throwsAsync(waiting, { is: reason });
  first.resolve();
  await Promise.all([running, last]);
  t.deepEqual(order, ['first', 'last']);
});
