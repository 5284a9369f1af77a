import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import test, { type ExecutionContext } from 'ava';
import { functionSpec } from '../../testing/function-spec.ts';
import {
  createTestEngine,
  digestOf,
  manifestEntry,
  push,
  type TarEntry,
  type TestEngine,
  tarOf,
} from '../testing/engine.ts';

const FORK = manifestEntry({ mode: 'fork', process: 'cat' });
const signal = new AbortController().signal;
const idle = (name: string, image: string) => functionSpec(name, image, { labels: { 'com.openfaas.scale.min': '0' } });

/** Nothing of an upload is left, stored or half-stored. */
async function isClean(t: ExecutionContext, { dataDir, provider }: TestEngine): Promise<void> {
  t.deepEqual(await readdir(join(dataDir, 'bundles')), []);
  t.deepEqual(await readdir(join(dataDir, 'work')), []);
  t.deepEqual(await provider.bundles.list(), []);
}

test('a bundle is stored under its digest, readable by all, executables kept', async (t) => {
  await using engine = await createTestEngine();
  const entries: TarEntry[] = [
    FORK,
    { name: 'run.sh', content: '#!/bin/sh', mode: 0o4700 },
    { name: 'deep/er/data', content: 'x', mode: 0o600 },
    { name: 'bin', type: 'symlink', linkname: 'run.sh' },
  ];
  const digest = await push(engine.provider, 'tool', entries);
  const folder = join(engine.dataDir, 'bundles', digest.slice(7));
  t.is((await stat(join(folder, 'run.sh'))).mode & 0o7777, 0o755);
  t.is((await stat(join(folder, 'deep/er/data'))).mode & 0o7777, 0o644);
  t.is((await stat(join(folder, 'deep'))).mode & 0o7777, 0o755);
  t.is(await readFile(join(folder, 'bin'), 'utf8'), '#!/bin/sh');
  t.deepEqual(await engine.provider.bundles.list(), [{ image: 'tool:latest', digest }]);
  t.deepEqual(await readdir(join(engine.dataDir, 'work')), []);
});

test('a stored bundle is named without an upload; an unknown one must be uploaded', async (t) => {
  await using engine = await createTestEngine();
  const digest = await push(engine.provider, 'a:1', [FORK]);
  await engine.provider.bundles.tag({ image: 'registry.example:5000/a', digest });
  t.deepEqual(
    (await engine.provider.bundles.list()).map(({ image }) => image),
    ['a:1', 'registry.example:5000/a:latest'],
  );
  const unknown = { image: 'b', digest: digestOf(Buffer.from('other')) };
  await t.throwsAsync(engine.provider.bundles.tag(unknown), { code: 'bundle_not_found' });
  await t.throwsAsync(engine.provider.bundles.tag({ image: 'b', digest: 'sha256:../..' }), { code: 'invalid_request' });
});

test('a bundle that neither a name nor a function has is removed', async (t) => {
  await using engine = await createTestEngine();
  const first = await push(engine.provider, 'app', [FORK, { name: 'v', content: '1' }]);
  await engine.provider.deploy(idle('app', 'app'), signal);
  const second = await push(engine.provider, 'app', [FORK, { name: 'v', content: '2' }]);
  const stored = async () => (await readdir(join(engine.dataDir, 'bundles'))).map((name) => `sha256:${name}`).sort();
  t.deepEqual(await stored(), [first, second].sort(), 'the function keeps what it was deployed with');
  await engine.provider.update(idle('app', 'app'), signal);
  t.deepEqual(await stored(), [second], 'an update with the same name takes the new bundle');
});

test('many uploads of the same bundle at once are one', async (t) => {
  await using engine = await createTestEngine();
  const digests = await Promise.all(Array.from({ length: 8 }, () => push(engine.provider, 'same', [FORK])));
  t.is(new Set(digests).size, 1);
  t.is((await readdir(join(engine.dataDir, 'bundles'))).length, 1);
  t.deepEqual(await readdir(join(engine.dataDir, 'work')), []);
});

const SMALL = { uploadBytes: 20_000, extractedBytes: 10_000, bundleEntries: 5 };
const BAD: readonly (readonly [string, () => Promise<Buffer>, string, RegExp])[] = [
  ['that leads out with ..', () => tarOf([FORK, { name: '../evil', content: 'x' }]), 'invalid_request', /leads out/],
  ['with an absolute path', () => tarOf([FORK, { name: '/tmp/evil', content: 'x' }]), 'invalid_request', /absolute/],
  [
    'with an absolute link',
    () => tarOf([FORK, { name: 'a', type: 'symlink', linkname: '/etc/passwd' }]),
    'invalid_request',
    /inside the bundle/,
  ],
  ['with a device file', () => tarOf([FORK, { name: 'mem', type: 'character-device' }]), 'invalid_request', /device/],
  ['without a manifest', () => tarOf([{ name: 'a', content: 'x' }]), 'invalid_request', /bundle\.json/],
  ['without anything', () => tarOf([]), 'invalid_request', /empty/],
  ['of no bytes', async () => Buffer.alloc(0), 'invalid_request', /no whole tar/],
  ['that is no tar', async () => Buffer.alloc(2048, 'x'), 'invalid_request', /end is missing/],
  [
    'that is garbage with an end',
    async () => Buffer.concat([Buffer.alloc(512, 'x'), Buffer.alloc(1024)]),
    'invalid_request',
    /Invalid tar header/,
  ],
  [
    'with a manifest that is no JSON',
    () => tarOf([{ name: 'bundle.json', content: '{' }]),
    'invalid_request',
    /no JSON/,
  ],
  ['with an unknown mode', () => tarOf([manifestEntry({ mode: 'magic' })]), 'invalid_request', /mode must be one of/],
  [
    'whose handler is not in it',
    () => tarOf([manifestEntry({ mode: 'module', handler: 'handler.js' })]),
    'invalid_request',
    /handler is "handler\.js", which is not in the bundle/,
  ],
  [
    'whose handler is elsewhere',
    () => tarOf([manifestEntry({ mode: 'module', handler: '../../handler.js' })]),
    'invalid_request',
    /handler must be a relative path inside/,
  ],
  [
    'that steers the runtime',
    () => tarOf([manifestEntry({ mode: 'fork', process: 'cat', environment: { BUN_OPTIONS: 'x' } })]),
    'invalid_request',
    /BUN_OPTIONS/,
  ],
  [
    'that was cut',
    async () => (await tarOf([FORK, { name: 'a', content: 'x'.repeat(3000) }])).subarray(0, 3072),
    'invalid_request',
    /end is missing/,
  ],
  [
    'that was cut between two entries',
    async () => (await tarOf([FORK])).subarray(0, 1024),
    'invalid_request',
    /end is missing/,
  ],
  [
    'with too many entries',
    () => tarOf([FORK, ...'abcdef'.split('').map((name) => ({ name, content: '' }))]),
    'invalid_request',
    /more than 5/,
  ],
  ['with too much in it', () => tarOf([FORK, { name: 'a', content: 'x'.repeat(10_001) }]), 'body_too_large', /10000/],
  ['that is too large', () => tarOf([FORK, { name: 'a', content: 'x'.repeat(30_000) }]), 'body_too_large', /20000/],
];
for (const [what, make, code, message] of BAD)
  test(`an upload ${what} is refused and leaves nothing`, async (t) => {
    await using engine = await createTestEngine(SMALL);
    const tar = await make();
    const putting = engine.provider.bundles.put({ image: 'bad', digest: digestOf(tar) }, Readable.from([tar]), signal);
    await t.throwsAsync(putting, { code, message });
    await isClean(t, engine);
  });

test('an upload with other bytes than its digest says is refused and leaves nothing', async (t) => {
  await using engine = await createTestEngine();
  const tar = await tarOf([FORK]);
  const digest = digestOf(tar);
  const damaged = Buffer.from(tar);
  damaged[600]! ^= 1;
  const putting = engine.provider.bundles.put({ image: 'bad', digest }, Readable.from([damaged]), signal);
  await t.throwsAsync(putting, { code: 'invalid_request', message: /damaged.*push it again/ });
  await isClean(t, engine);
});

test('an upload that breaks off, or whose sender leaves, leaves nothing', async (t) => {
  await using engine = await createTestEngine();
  const tar = await tarOf([FORK]);
  const ref = { image: 'bad', digest: digestOf(tar) };
  const broken = new Error('the connection was reset');
  const breaking = Readable.from(
    (async function* () {
      yield tar.subarray(0, 700);
      throw broken;
    })(),
  );
  await t.throwsAsync(engine.provider.bundles.put(ref, breaking, signal), { is: broken });
  const leaving = new AbortController();
  const endless = new Readable({ read() {} });
  endless.push(tar.subarray(0, 700));
  const putting = engine.provider.bundles.put(ref, endless, leaving.signal);
  leaving.abort(broken);
  await t.throwsAsync(putting, { is: broken });
  await isClean(t, engine);
});
