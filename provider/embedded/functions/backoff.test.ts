import test from 'ava';
import { afterFailure, NO_BACKOFF } from './backoff.ts';

test('failures in a row wait twice as long each time, up to 30 s', (t) => {
  let backoff = NO_BACKOFF;
  const waits = Array.from({ length: 11 }, () => (backoff = afterFailure(backoff, 0, 1000)).notBefore - 1000);
  t.deepEqual(waits, [100, 200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 30_000, 30_000]);
});

test('a replica that was ready for 10 s begins a new series; for less it does not', (t) => {
  const series = { failures: 5, notBefore: 0 };
  t.deepEqual(afterFailure(series, 10_000, 0), { failures: 1, notBefore: 100 });
  t.is(afterFailure(series, 9999, 0).failures, 6);
});
