import test from 'ava';
import { parseDuration, parseTimerDuration } from './duration.ts';

const reads = test.macro({
  title: (_given, text: string, ms: number) => `"${text}" is ${ms} ms`,
  exec(t, text: string, ms: number) {
    t.is(parseDuration(text), ms);
  },
});
test(reads, '10', 10_000);
test(reads, '0', 0);
test(reads, '10s', 10_000);
test(reads, '1m30s', 90_000);
test(reads, '250ms', 250);
test(reads, '1.5h', 5_400_000);
test(reads, '.5s', 500);
test(reads, '2µs', 0.002); // the micro sign
test(reads, '2μs', 0.002); // the Greek letter, which Go takes too

test('what is waited for is never longer than a timer can wait, which would not wait at all', (t) => {
  t.is(parseTimerDuration('30s'), 30_000);
  for (const text of ['1000h', '9'.repeat(400), `${'9'.repeat(400)}h`]) t.is(parseTimerDuration(text), 2_073_600_000);
});

for (const text of ['', 'soon', '-1s', '10 s', '1d', '10s!', 's', '1.5']) {
  test(`"${text}" is no duration`, (t) => {
    t.throws(() => parseDuration(text), { message: /expected a duration such as/ });
  });
}
