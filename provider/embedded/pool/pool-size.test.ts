import test from 'ava';
import { type Demand, poolSize, withStart } from './pool-size.ts';

const after = (...times: readonly number[]): Demand => times.reduce<Demand>(withStart, []);
const MINUTE = 60_000;

test('one waits by default, and with starts that come one at a time', (t) => {
  t.is(poolSize([], 0, 4), 1);
  t.is(poolSize(after(0, 5000, 60_000), 60_100, 4), 1);
});

test('a burst makes as many wait as it took within a second, up to the most', (t) => {
  const burst = after(10_000, 10_100, 10_900);
  t.is(poolSize(burst, 11_000, 4), 3);
  t.is(poolSize(burst, 11_000, 2), 2);
  t.is(poolSize(burst, 11_000, 0), 0);
});

test('the busiest second counts, and is forgotten after ten minutes of less', (t) => {
  const demand = after(1000, 1001, 1002, 5 * MINUTE, 5 * MINUTE + 1);
  t.is(poolSize(demand, 10 * MINUTE, 4), 3);
  t.is(poolSize(demand, 12 * MINUTE, 4), 2);
  t.is(poolSize(demand, 16 * MINUTE, 4), 1);
});

test('a long run of starts takes no more memory than its seconds do', (t) => {
  let demand: Demand = [];
  for (let now = 0; now < 60 * MINUTE; now += 100) demand = withStart(demand, now);
  t.true(demand.length <= 602);
  t.is(poolSize(demand, 60 * MINUTE, 20), 10);
});
