import test from 'ava';
import { zeroLoss } from '../../bench/lib/zero-loss.ts';

const FULL = process.env.DUNLIN_FULL === '1';
const ROUNDS = FULL ? 10 : 2;
const CALLS = FULL ? 200_000 : 8_000;

test(`${CALLS} calls through ${ROUNDS} rounds of deploy, update, scaling, kill -9 and take-over: none fails`, async (t) => {
  const seed = Date.now() % 1_000_000;
  const { calls, failed, kills, takeOvers } = await zeroLoss({
    rounds: ROUNDS,
    calls: CALLS,
    seed,
    log: (line) => t.log(line),
  });
  t.deepEqual(failed.slice(0, 10), [], `${failed.length} of ${calls} calls failed, seed ${seed}`);
  t.true(calls >= CALLS);
  t.is(kills, 2 * ROUNDS);
  t.is(takeOvers, ROUNDS);
});
