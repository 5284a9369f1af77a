import test from 'ava';
import { run } from '../../bench/keep-warm.ts';
import { costOf, fixedPlan, IdleHistory, isWarm } from './keep-warm.ts';

const MINUTE = 60_000;
const after = (...minutes: number[]): IdleHistory => {
  const history = new IdleHistory(15 * MINUTE);
  for (const idle of minutes) history.record(idle * MINUTE);
  return history;
};

test('a function of which little is known keeps the fixed rule', (t) => {
  t.deepEqual(after().plan, fixedPlan(15 * MINUTE));
  t.deepEqual(after(60, 60, 60).plan, fixedPlan(15 * MINUTE));
});

test('calls each hour: away at once, and there again shortly before the next', (t) => {
  const { plan } = after(...Array.from({ length: 8 }, (_, index) => 60 + (index % 3)));
  t.false(isWarm(plan, 5 * MINUTE));
  t.false(isWarm(plan, 45 * MINUTE));
  for (const due of [59, 60, 62, 64]) t.true(isWarm(plan, due * MINUTE), `${due}`);
  t.false(isWarm(plan, 80 * MINUTE));
});

test('calls each five minutes: there until shortly after the next is due', (t) => {
  const { plan } = after(...Array.from({ length: 8 }, () => 5));
  t.true(isWarm(plan, 5.9 * MINUTE));
  t.false(isWarm(plan, 10 * MINUTE));
});

test('a habit that ends is no longer gone by', (t) => {
  const history = after(...Array.from({ length: 6 }, () => 60));
  t.true(history.proven);
  for (let index = 0; index < 12; index++) history.record([5, 12, 14][index % 3]! * MINUTE);
  t.false(history.proven && !isWarm(history.plan, 5 * MINUTE));
});

test('what an idle time costs: a cold start or not, and the time that replicas idled', (t) => {
  const plan = { keepMs: 10, aheadMs: 50, untilMs: 80 };
  t.deepEqual(costOf(plan, 5), { cold: 0, idleMs: 5 });
  t.deepEqual(costOf(plan, 30), { cold: 1, idleMs: 10 });
  t.deepEqual(costOf(plan, 60), { cold: 0, idleMs: 20 });
  t.deepEqual(costOf(plan, 100), { cold: 1, idleMs: 40 });
});

for (const seed of [1, 2, 3])
  test(`over a simulated day (seed ${seed}) prediction has fewer cold starts and less idle memory than the rule`, async (t) => {
    const { figures } = await run({ seed, log: () => undefined });
    t.true(figures.coldRatio! < 0.9, `${figures.coldRatio}`);
    t.true(figures.idleRatio! < 0.9, `${figures.idleRatio}`);
  });
