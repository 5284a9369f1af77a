import test from 'ava';
import { nextRuns, parseCron } from './cron.ts';
import { explain } from './explain.ts';
import handler from './handler.ts';

const call = (body: string, query = '') =>
  handler.fetch(new Request(`http://function/${query}`, { method: 'POST', body }));

test('says when it runs and gives the next times', async (t) => {
  const answer = await call('30 9 * * mon-fri\n', '?runs=2&from=2026-11-20T09:30:00Z');
  t.is(await answer.text(), 'At 09:30, on Monday to Friday.\n  2026-11-23 09:30\n  2026-11-24 09:30\n');
});

for (const [cron, sentence] of [
  ['* * * * *', 'Every minute, every day.'],
  ['*/15 * * * *', 'Every 15 minutes, every day.'],
  ['5,35 * * * *', 'At minute 5 and 35 of every hour, every day.'],
  ['*/10 8-10 * * *', 'Every 10 minutes past 08:00, 09:00 and 10:00, every day.'],
  ['*/20 */2 * * *', 'Every 20 minutes of every 2 hours, every day.'],
  ['0 12 1,15 * *', 'At 12:00, on day 1 and 15 of every month.'],
  ['0 0 * jan,jul 0', 'At 00:00, on Sunday in January and July.'],
  ['0 0 13 * 5', 'At 00:00, on day 13 of every month and on Friday.'],
  ['@yearly', 'At 00:00, on day 1 of January.'],
] as const)
  test(`${cron} is "${sentence}"`, (t) => {
    t.is(explain(parseCron(cron)), sentence);
  });

const runs = (cron: string, from: string, count: number) =>
  nextRuns(parseCron(cron), new Date(from), count).map((time) => time.toISOString().slice(0, 16));

test('a leap day is found, however far; a day that never is, is not', (t) => {
  t.deepEqual(runs('0 0 29 2 *', '2026-01-01T00:00:00Z', 2), ['2028-02-29T00:00', '2032-02-29T00:00']);
  t.deepEqual(runs('0 0 30 2 *', '2026-01-01T00:00:00Z', 1), []);
});

test('with both days restricted, either fits', (t) => {
  t.deepEqual(runs('0 0 13 * 5', '2026-11-10T00:00:00Z', 3), [
    '2026-11-13T00:00',
    '2026-11-20T00:00',
    '2026-11-27T00:00',
  ]);
  t.deepEqual(runs('0 0 14 * 5', '2026-11-13T00:00:00Z', 2), ['2026-11-14T00:00', '2026-11-20T00:00']);
});

test('7 is Sunday, and a start with a step runs to the end', (t) => {
  t.deepEqual(parseCron('0 0 * * 7').weekday.values, [0]);
  t.deepEqual(parseCron('50/5 0 * * *').minute.values, [50, 55]);
});

for (const [body, message] of [
  ['', 'five fields'],
  ['* * * *', 'five fields'],
  ['60 * * * *', 'minute: must be from 0 to 59, got "60"'],
  ['* * * foo *', 'month: must be from 1 to 12 or a name such as feb, got "foo"'],
  ['*/0 * * * *', 'minute: a step must be'],
  ['* 5-2 * * *', 'hour: a range must lead'],
  ['1-2-3 * * * *', 'minute: a range must lead'],
] as const)
  test(`"${body}" is refused: ${message}`, async (t) => {
    const answer = await call(body);
    t.is(answer.status, 400);
    t.true((await answer.text()).includes(message));
  });
