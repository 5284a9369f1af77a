import { existsSync, readFileSync } from 'node:fs';
import test from 'ava';
import { percentile } from './bench.ts';
import { checkBounds } from './check.ts';

test('a Max bound is missed from above, a Min bound from below', (t) => {
  const outcomes = (a: number, b: number) => checkBounds({ aMax: 2, bMin: 5 }, { a, b }).map((v) => v.outcome);
  t.deepEqual(outcomes(2, 5), ['met', 'met']);
  t.deepEqual(outcomes(2.1, 4.9), ['missed', 'missed']);
  t.deepEqual(outcomes(Number.NaN, Number.NaN), ['missed', 'missed']);
});

test('a figure that was not measured is never met', (t) => {
  t.deepEqual(
    checkBounds({ aMax: 2, bMax: 1 }, {}, { bMax: 'needs the warm pool' }).map((v) => v.outcome),
    ['not measured', 'pending'],
  );
});

test('percentiles interpolate between the closest ranks', (t) => {
  t.is(percentile([4, 1, 3, 2], 50), 2.5);
  t.is(percentile([1, 2, 3, 4, 5], 95), 4.8);
  t.is(percentile([7], 99), 7);
});

test('our bounds are those that we were given', (t) => {
  const given = new URL('../../shared/bounds.json', import.meta.url);
  const ours = JSON.parse(readFileSync(new URL('bounds.json', import.meta.url), 'utf8'));
  t.is(ours['cold-start'].typescriptP50MsMax, 60);
  if (existsSync(given)) t.deepEqual(ours, JSON.parse(readFileSync(given, 'utf8')));
});
