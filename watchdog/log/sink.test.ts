import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { fileSink } from './sink.ts';

test('a log file is renamed when it would grow over its size, and one older file is kept', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'sink-test-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'log');
  const sink = fileSink(file, 10);
  for (const text of ['first\n', 'second\n', 'third\n', 'and a long one\n']) sink.write(text);
  sink.close();
  t.deepEqual(readdirSync(folder).sort(), ['log', 'log.1']);
  t.is(readFileSync(`${file}.1`, 'utf8'), 'third\n');
  t.is(readFileSync(file, 'utf8'), 'and a long one\n');
  const again = fileSink(file, 100);
  again.write('appended\n');
  again.close();
  t.is(readFileSync(file, 'utf8'), 'and a long one\nappended\n');
});
