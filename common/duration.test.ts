import test from 'ava';
import { parseDuration } from './duration.ts';

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
test(reads, '2µs', 0.002);

for (const text of ['', 'soon', '-1s', '10 s', '1d', '10s!', 's', '1.5']) {
  test(`"${text}" is no duration`, (t) => {
    t.throws(() => parseDuration(text), { message: /expected a duration such as/ });
  });
}
