import test from 'ava';
import { SharedTail } from './shared-tail.ts';

test('another thread reads the last twenty lines, oldest first', (t) => {
  const tail = new SharedTail();
  const reader = new SharedTail(tail.memory);
  t.deepEqual(reader.lines(), []);
  for (let i = 1; i <= 45; i++) tail.push(`line ${i} ü`);
  t.deepEqual(
    reader.lines(),
    Array.from({ length: 20 }, (_, i) => `line ${i + 26} ü`),
  );
});

test('a longer line is cut between characters, and a shorter one leaves nothing of it', (t) => {
  const tail = new SharedTail();
  tail.push('ü'.repeat(5000));
  t.is(tail.lines()[0], 'ü'.repeat(2048));
  for (let i = 0; i < 20; i++) tail.push('short');
  t.deepEqual(new Set(tail.lines()), new Set(['short']));
});
