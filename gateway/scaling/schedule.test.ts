import test from 'ava';
import { scheduleKind } from './schedule.ts';

const office = scheduleKind('Europe/Berlin', 20).parse('0 8 * * 1-5 = 3; 0 18 * * 1-5 = 0')!;
const minimum = (time: string): number | undefined => office.minimum(new Date(time));

test('the line that began last holds, in its time zone', (t) => {
  t.is(minimum('2026-03-02T06:59:59Z'), 0);
  t.is(minimum('2026-03-02T07:00:00Z'), 3);
  t.is(minimum('2026-03-02T16:59:59Z'), 3);
  t.is(minimum('2026-03-02T17:00:00Z'), 0);
});

test("Friday's last line holds over the weekend", (t) => {
  t.is(minimum('2026-03-07T12:00:00Z'), 0);
});

test('summer time moves it by an hour of UTC', (t) => {
  t.is(minimum('2026-07-01T06:00:00Z'), 3);
  t.is(minimum('2026-07-01T05:59:59Z'), 0);
});

test('a clock that is set back is right at the next look', (t) => {
  t.is(minimum('2026-03-02T12:00:00Z'), 3);
  t.is(minimum('2026-03-02T05:00:00Z'), 0);
  t.is(minimum('2026-03-02T12:00:00Z'), 3);
});

test('it says when the next line begins', (t) => {
  t.is(office.next(new Date('2026-03-06T17:00:00Z'))?.toISOString(), '2026-03-09T07:00:00.000Z');
});

test('a time of day that summer time skips, or has twice, leaves no day without its minimum', (t) => {
  const night = scheduleKind('Europe/Berlin', 20).parse('30 2 * * * = 2; 30 3 * * * = 1')!;
  t.is(night.minimum(new Date('2026-03-29T12:00:00Z')), 1);
  t.is(night.minimum(new Date('2026-10-25T12:00:00Z')), 1);
});
