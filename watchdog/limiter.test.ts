import test from 'ava';
import { Limiter } from './limiter.ts';

test('as many as the limit enter; the next does once one leaves', async (t) => {
  const limiter = new Limiter(2, 60_000);
  t.true(limiter.tryEnter());
  t.true(limiter.tryEnter());
  t.false(limiter.tryEnter());
  const order: string[] = [];
  const first = limiter.enter(() => {}).then((entered) => order.push(`first ${entered}`));
  const second = limiter.enter(() => {}).then((entered) => order.push(`second ${entered}`));
  limiter.leave();
  await first;
  limiter.leave();
  await second;
  t.deepEqual(order, ['first true', 'second true']);
});

test('who hangs up while waiting gives its turn to the next', async (t) => {
  const limiter = new Limiter(1, 60_000);
  limiter.tryEnter();
  let hangUp = (): void => {};
  const gone = limiter.enter((onLeft) => {
    hangUp = onLeft;
  });
  const next = limiter.enter(() => {});
  hangUp();
  t.false(await gone);
  limiter.leave();
  t.true(await next);
});

test('without a queue nobody waits, and 0 is no limit', async (t) => {
  const limiter = new Limiter(1, 0);
  limiter.tryEnter();
  t.false(await limiter.enter(() => {}));
  const unlimited = new Limiter(0, 0);
  for (let i = 0; i < 1000; i++) t.true(unlimited.tryEnter());
});
