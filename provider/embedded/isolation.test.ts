import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { call, Watched } from '../conformance/calls.ts';
import { functionSpec as spec } from '../testing/function-spec.ts';
import {
  buildWatchdog,
  createTestEngine,
  isRoot,
  manifestEntry,
  PROBE_IMAGE,
  push,
  pushProbe,
} from './testing/engine.ts';

const signal = new AbortController().signal;
const secret = (name: string, text: string) => ({ name, namespace: 'openfaas-fn', value: Buffer.from(text) });
const asRoot = isRoot ? test : test.skip;

test.before(buildWatchdog);

asRoot("a function cannot read another's secret, the engine's state or other environments (needs root)", async (t) => {
  await using engine = await createTestEngine();
  const { provider, dataDir } = engine;
  await pushProbe(provider);
  // A function that lets its caller read what it can: `xargs cat` with the paths on stdin.
  await push(provider, 'reader', [manifestEntry({ mode: 'fork', process: 'xargs cat' })]);
  await provider.createSecret(secret('theirs', 'TOP'), signal);
  await provider.createSecret(secret('mine', 'OWN'), signal);
  await provider.deploy(spec('victim', PROBE_IMAGE, { secrets: ['theirs'], envVars: { TOKEN: 'TOP' } }), signal);
  await provider.deploy(spec('reader', 'reader', { secrets: ['mine'] }), signal);
  using watched = new Watched(provider);
  const [victim] = await watched.ready(spec('victim', ''));
  const pid = (await call(victim!.address, '/pid')).body;
  const read = async (path: string) => (await watched.call(spec('reader', ''), '/', path)).body;
  const folder = (name: string) => join(dataDir, 'functions', `${name}.openfaas-fn`);
  t.is(await read(join(folder('reader'), 'secrets/mine')), 'OWN');
  const forbidden = [
    join(folder('victim'), 'secrets/theirs'),
    join(folder('victim'), 'logs', `${victim!.id}.log`),
    join(dataDir, 'state/state.db'),
    join(dataDir, 'state/state.db-wal'),
    join(dataDir, 'run', victim!.id, 'stderr'),
    `/proc/${pid}/environ`,
  ];
  for (const path of forbidden) {
    const answer = await read(path);
    t.regex(answer, /Permission denied/, path);
    t.false(answer.includes('TOP'), path);
  }
});

asRoot(
  'a function has a user and a group of its own, no other groups, and cannot change its bundle (needs root)',
  async (t) => {
    await using engine = await createTestEngine();
    await pushProbe(engine.provider);
    await engine.provider.deploy(spec('a', PROBE_IMAGE), signal);
    await engine.provider.deploy(spec('b', PROBE_IMAGE), signal);
    using watched = new Watched(engine.provider);
    const [a, b] = await Promise.all(['a', 'b'].map(async (name) => (await watched.call(spec(name, ''), '/ids')).body));
    t.regex(a!, /^(3\d{4}):\1 (\1)?$/);
    t.regex(b!, /^(3\d{4}):\1 (\1)?$/);
    t.not(a, b);
    const [digest] = (await engine.provider.bundles.list()).map((bundle) => bundle.digest.slice(7));
    const { uid, mode } = await stat(join(engine.dataDir, 'bundles', digest!, 'server.mjs'));
    t.deepEqual([uid, mode & 0o022], [0, 0]);
  },
);

test("nothing of the gateway's environment reaches a function", async (t) => {
  await using engine = await createTestEngine();
  await pushProbe(engine.provider);
  await engine.provider.deploy(spec('names', PROBE_IMAGE, { envVars: { MINE: '1' } }), signal);
  using watched = new Watched(engine.provider);
  const names = (await watched.call(spec('names', ''), '/names')).body.split('\n');
  t.false(names.includes('GATEWAY_SECRET'));
  t.true(['PATH', 'HOME', 'TMPDIR', 'LANG', 'MINE'].every((name) => names.includes(name)));
  const path = (await watched.call(spec('names', ''), '/env/PATH')).body;
  t.true(path.startsWith(`${join(engine.dataDir, 'bin')}:`));
});

test('not as root the engine says that functions are not kept apart', async (t) => {
  // The engine is told who it is; a user that is not root makes no other users.
  await using engine = await createTestEngine({}, { user: { uid: 1000 } });
  t.regex(engine.lines.join('\n'), /same user as the gateway/);
  await pushProbe(engine.provider);
  await engine.provider.deploy(spec('same', PROBE_IMAGE), signal);
  using watched = new Watched(engine.provider);
  const { body } = await watched.call(spec('same', ''), '/ids');
  t.true(body.startsWith(`${process.getuid!()}:`));
});
