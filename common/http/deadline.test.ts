import test from 'ava';
import { Deadline } from './deadline.ts';

/** Deadlines do not keep a process alive; something must while a test waits for one. */
function awake(): Disposable {
  const timer = setInterval(() => {}, 1000);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

test('deadlines of one limit end in the order in which they began, and not before their time', async (t) => {
  using _ = awake();
  const ended: number[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  const deadlines = [0, 1, 2].map((index) => {
    const onDeadline = () => {
      ended.push(index);
      t.true(performance.now() >= deadlines[index]!.at);
      if (index === 2) resolve();
    };
    return new Deadline({ onDeadline }, 20.5);
  });
  t.deepEqual(ended, []);
  await promise;
  t.deepEqual(ended, [0, 1, 2]);
});

test('a cancelled deadline says nothing, wherever it stands in the row', async (t) => {
  using _ = awake();
  const ended: number[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  const deadlines = [0, 1, 2, 3, 4].map(
    (index) =>
      new Deadline(
        {
          onDeadline() {
            ended.push(index);
            // Cancels its neighbour while the row is gone through.
            deadlines[2]!.cancel();
            if (index === 3) resolve();
          },
        },
        21,
      ),
  );
  for (const index of [0, 4, 4]) deadlines[index]!.cancel();
  await promise;
  t.deepEqual(ended, [1, 3]);
  deadlines[1]!.cancel();
});

test('a limit whose row was empty for a while works again', async (t) => {
  using _ = awake();
  for (let round = 0; round < 2; round++) {
    const { promise, resolve } = Promise.withResolvers<void>();
    new Deadline({ onDeadline: () => {} }, 22).cancel();
    new Deadline({ onDeadline: resolve }, 22);
    await promise;
  }
  t.pass();
});
