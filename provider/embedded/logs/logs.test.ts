import { appendFile, mkdtemp, readdir, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { Watched } from '../../conformance/calls.ts';
import type { LogMessage, LogQuery } from '../../provider.ts';
import { functionSpec } from '../../testing/function-spec.ts';
import { buildWatchdog, createTestEngine, manifestEntry, push } from '../testing/engine.ts';
import { pruneLogs, readLogs } from './function-logs.ts';

const never = new AbortController().signal;
const at = (second: number) => `2026-01-01T00:00:${String(second).padStart(2, '0')}.000Z`;
const query = (more?: Partial<LogQuery>): LogQuery => ({ name: 'f', namespace: 'n', follow: false, ...more });

test.before(buildWatchdog);

async function folder(t: ExecutionContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'dunlin-logs-'));
  t.teardown(() => rm(path, { recursive: true, force: true }));
  return path;
}

async function texts(path: string, more?: Partial<LogQuery>): Promise<string[]> {
  const found: string[] = [];
  for await (const { text } of readLogs(path, query(more), never)) found.push(text);
  return found;
}

test('lines of several replicas come in the order of their times, the rotated part first', async (t) => {
  const path = await folder(t);
  await writeFile(join(path, 'a.log.1'), `${at(1)} one\n${at(3)} three\n`);
  await writeFile(join(path, 'a.log'), `${at(5)} five\nwithout a time\n`);
  await writeFile(join(path, 'b.log'), `${at(2)} two\n${at(4)} four\n${at(6)} six\n`);
  t.deepEqual(await texts(path), ['one', 'two', 'three', 'four', 'five', 'without a time', 'six']);
  t.deepEqual(await texts(path, { instance: 'b' }), ['two', 'four', 'six']);
  t.deepEqual(await texts(path, { tail: 3 }), ['five', 'without a time', 'six']);
  t.deepEqual(await texts(path, { since: new Date(at(4)) }), ['four', 'five', 'without a time', 'six']);
  t.deepEqual(await texts(path, { instance: 'a', tail: 3 }), ['three', 'five', 'without a time']);
});

test('the last lines of a long log are found from its end, over any number of blocks', async (t) => {
  const path = await folder(t);
  const lines = Array.from({ length: 5000 }, (_, n) => `${at(n % 60)} ${n} ${'x'.repeat(n % 100)}`);
  await writeFile(join(path, 'a.log'), `${lines.join('\n')}\n`);
  const wanted = lines.slice(-3000).map((line) => line.slice(at(0).length + 1));
  t.deepEqual(await texts(path, { tail: 3000 }), wanted);
});

test('a link or a pipe in the place of a log is not followed', async (t) => {
  const path = await folder(t);
  const secret = join(await folder(t), 'secret');
  await writeFile(secret, `${at(1)} secret\n`);
  await symlink(secret, join(path, 'a.log'));
  await symlink(secret, join(path, 'a.log.1'));
  t.deepEqual(await texts(path), []);
});

test('following goes on over a rotation and with new files, none of the lines twice or lost', async (t) => {
  const path = await folder(t);
  const file = join(path, 'a.log');
  await writeFile(file, `${at(1)} before\n`);
  const stop = new AbortController();
  const seen: string[] = [];
  const steps: Record<string, () => Promise<void>> = {
    before: () => appendFile(file, `${at(2)} half`),
    half: async () => {},
    half_line: async () => {
      await appendFile(file, `${at(3)} last\n`);
      await rename(file, `${file}.1`);
      await writeFile(file, `${at(4)} rotated\n`);
    },
    rotated: () => writeFile(join(path, 'b.log'), `${at(5)} other\n`),
    other: async () => stop.abort(),
  };
  for await (const { text } of readLogs(path, query({ follow: true }), stop.signal)) {
    seen.push(text);
    await steps[text.replace(' ', '_')]?.();
    // The end of the half line comes later.
    if (text === 'before') await appendFile(file, ' line\n');
  }
  t.deepEqual(seen, ['before', 'half line', 'last', 'rotated', 'other']);
});

test('logs of ended replicas are kept for the last few, those of living ones always', async (t) => {
  const path = await folder(t);
  for (const name of ['live', 'r1', 'r2', 'r3']) await writeFile(join(path, `${name}.log`), '');
  await writeFile(join(path, 'r1.log.1'), '');
  await pruneLogs(path, (replica) => replica === 'live', 2);
  const left = await readdir(path);
  t.true(left.includes('live.log'));
  t.is(left.filter((file) => file.endsWith('.log')).length, 3);
});

test('a function that prints 100 MB goes on answering; its log stays small and has its last lines', async (t) => {
  await using engine = await createTestEngine();
  const { provider, dataDir } = engine;
  const content = `
    import { createServer } from 'node:http';
    import { writeSync } from 'node:fs';
    const block = ('flood '.repeat(16) + '\\n').repeat(10_000);
    createServer((req, res) => {
      if (req.url === '/flood') for (let bytes = 0; bytes < 100e6; bytes += block.length) process.stdout.write(block);
      if (req.url === '/flood') process.stdout.write('the end\\n', () => res.end('printed'));
      else res.end('fine');
    }).listen(process.env.PORT);
  `;
  const manifest = manifestEntry({ mode: 'http', process: 'node flood.mjs', environment: { upstream_url: 'unix:' } });
  await push(provider, 'flood', [manifest, { name: 'flood.mjs', content }]);
  const spec = functionSpec('flood', 'flood');
  await provider.deploy(spec, never);
  using watched = new Watched(provider);
  t.is((await watched.call(spec, '/flood')).body, 'printed');
  t.is((await watched.call(spec, '/')).body, 'fine');
  const stop = new AbortController();
  const last: LogMessage[] = [];
  for await (const line of provider.logs({ ...spec, follow: true, tail: 5 }, stop.signal)) {
    last.push(line);
    if (line.text.includes('the end')) stop.abort();
  }
  t.true(last.some(({ text }) => text.includes('the end')));
  const logs = join(dataDir, 'functions/flood.openfaas-fn/logs');
  const sizes = await Promise.all((await readdir(logs)).map(async (file) => (await stat(join(logs, file))).size));
  t.true(sizes.reduce((sum, size) => sum + size, 0) < 21 * 1024 * 1024);
});
