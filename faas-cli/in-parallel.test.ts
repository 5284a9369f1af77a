import test from 'ava';
import { FaasError } from '../common/errors.ts';
import { inParallel, throwAll } from './in-parallel.ts';

test('items are begun in their order, as many at once as asked for, each by one worker', async (t) => {
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  const done = inParallel(['a', 'b', 'c'], 2, (item, worker) => {
    begun.push(`${item}${worker}`);
    return new Promise<void>((resolve) => ends.set(item, resolve));
  });
  t.deepEqual(begun, ['a0', 'b1']);
  ends.get('b')!();
  await new Promise(setImmediate);
  t.deepEqual(begun, ['a0', 'b1', 'c1']);
  for (const end of ends.values()) end();
  await done;
});

test('one at once is the least, and no items are done at once', async (t) => {
  const begun: number[] = [];
  await inParallel([1, 2], 0, async (item) => void begun.push(item));
  t.deepEqual(begun, [1, 2]);
  await t.notThrowsAsync(inParallel([], 4, async () => t.fail()));
});

test('an only failure is thrown as it is; of several all are told', (t) => {
  t.notThrows(() => throwAll([]));
  const only = new FaasError('not_found', 'no such thing');
  t.is(
    t.throws(() => throwAll([only])),
    only,
  );
  t.throws(() => throwAll([only, new Error('and another')]), {
    code: 'function_failed',
    message: 'No such thing\n\nAnd another',
  });
});
