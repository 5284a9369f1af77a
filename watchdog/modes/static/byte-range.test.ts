import test from 'ava';
import { byteRange } from './byte-range.ts';

test('one range is understood in its three forms', (t) => {
  t.deepEqual(byteRange('bytes=0-3', 10), { start: 0, end: 3 });
  t.deepEqual(byteRange('bytes=4-', 10), { start: 4, end: 9 });
  t.deepEqual(byteRange('bytes=-3', 10), { start: 7, end: 9 });
  t.deepEqual(byteRange('bytes=-30', 10), { start: 0, end: 9 });
  t.deepEqual(byteRange('bytes=8-99', 10), { start: 8, end: 9 });
});

test('what is no range, or several, is the whole; what begins past the end is unsatisfiable', (t) => {
  for (const header of [undefined, '', 'bytes=', 'bytes=-', 'bytes=5-2', 'lines=1-2', 'bytes=0-1,3-4'])
    t.is(byteRange(header, 10), undefined, String(header));
  for (const header of ['bytes=10-', 'bytes=-0']) t.is(byteRange(header, 10), 'unsatisfiable');
  t.is(byteRange('bytes=-5', 0), 'unsatisfiable');
});
