import test from 'ava';
import { Log } from './log.ts';

function logTo(lines: string[], json = false): Log {
  const sink = { write: (text: string) => lines.push(text), close: () => {} };
  return new Log({ sink, stamp: 'rfc3339', json, functionLines: 'prefixed', now: () => 0 });
}

test('lines leave together, each with its time and its stream', (t) => {
  const written: string[] = [];
  const log = logTo(written);
  log.line('one\ntwo');
  log.line('three', { stream: 'stderr', callId: 'abc' });
  log.flush();
  const time = '1970-01-01T00:00:00.000Z';
  t.deepEqual(written, [`${time} one\n${time} two\n${time} stderr: three\n`]);
});

test('as JSON a line has its call id', (t) => {
  const written: string[] = [];
  const log = logTo(written, true);
  log.oneLine('text', { stream: 'stdout', callId: 'abc' });
  log.flush();
  const [, json] = written[0]!.split(' ', 2);
  t.deepEqual(JSON.parse(json!), { time: '1970-01-01T00:00:00.000Z', stream: 'stdout', callId: 'abc', text: 'text' });
});

test('the last twenty lines are kept, oldest first, and none of them whole if it is long', (t) => {
  const log = logTo([]);
  const kept = (from: number, to: number): string[] =>
    Array.from({ length: to - from + 1 }, (_, i) => `line ${from + i}`);
  for (let i = 1; i <= 5; i++) log.line(`line ${i}`);
  t.deepEqual(log.tail(), kept(1, 5));
  for (let i = 6; i <= 47; i++) log.line(`line ${i}`);
  t.deepEqual(log.tail(), kept(28, 47));
  log.line('x'.repeat(5000));
  t.deepEqual(log.tail(), [...kept(29, 47), `${'x'.repeat(2000)}...`]);
});
