import test from 'ava';
import { secondsText, shortSecondsText, sixDigits } from './seconds-text.ts';

for (const [ms, long, short] of [
  [0, '0.000000', '0.0000'],
  [0.0014, '0.000001', '0.0000'],
  [1.25, '0.001250', '0.0012'],
  [999.999_999, '0.999999', '0.9999'],
  [1000, '1.000000', '1.0000'],
  [61_002.5, '61.002500', '61.0025'],
] as const)
  test(`${ms} ms are ${long} s`, (t) => {
    t.is(secondsText(ms), long);
    t.is(shortSecondsText(ms), short);
  });

test('six digits, with their zeros', (t) => {
  t.is(sixDigits(0), '000000');
  t.is(sixDigits(1002), '001002');
  t.is(sixDigits(999_999), '999999');
});
