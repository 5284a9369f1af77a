import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { plot } from './testing/plot.ts';
import { type Moment, simulate } from './testing/simulation.ts';
import { LABELS, TRACES } from './testing/traces.ts';

/** One replica is to have nine tenths of 5 calls in flight. */
const needed = ({ offered }: Moment): number => Math.ceil(offered / 4.5 - 1e-9);
const runs = Object.entries(TRACES).map(([name, trace]) => [name, simulate({ labels: LABELS, ...trace })] as const);
const run = (name: string): readonly Moment[] => runs.find(([known]) => known === name)![1];
const changes = (moments: readonly Moment[]): readonly Moment[] =>
  moments.filter(({ desired }, index) => index > 0 && desired !== moments[index - 1]!.desired);

for (const [name, moments] of runs)
  test(`${name}: nothing is ever short of half of what is needed for three seconds, nor past the maximum`, (t) => {
    let short = 0;
    for (const moment of moments) {
      short = moment.ready < needed(moment) / 2 ? short + 1 : 0;
      t.true(short < 3, `${moment.second} s: ${moment.ready} of ${needed(moment)}`);
      t.true(moment.desired <= 30);
    }
  });

test('steady: from zero to what is needed within three seconds, and no change until the load ends', (t) => {
  const moments = run('steady');
  t.true(moments[13]!.ready >= needed(moments[13]!));
  t.is(changes(moments).filter(({ second }) => second > 13 && second < 400).length, 0);
});

test('steady: an ended load is stepped down from, never up, and at zero after the zero-duration', (t) => {
  const after = run('steady').slice(399);
  t.true(after.every(({ desired }, index) => index === 0 || desired <= after[index - 1]!.desired));
  t.is(after.find(({ desired }) => desired === 0)!.second, 459);
});

test('burst: all it needs within three seconds, and back within two stable windows', (t) => {
  const moments = run('burst');
  t.true(moments[153]!.ready >= needed(moments[153]!));
  t.true(moments[290]!.desired <= 2);
});

test('ramp: a growing load never makes a step down, a shrinking one never one up', (t) => {
  const moments = run('ramp');
  const steps = changes(moments).map(({ second, desired }) => ({
    second,
    up: desired > moments[second - 1]!.desired,
  }));
  t.deepEqual(
    steps.filter(({ second, up }) => (up ? second > 330 : second < 310)),
    [],
  );
});

test('diurnal: one rise and one fall a day', (t) => {
  const steps = changes(run('diurnal')).map(({ second, desired }) => ({ second, desired }));
  const peak = Math.max(...steps.map(({ desired }) => desired));
  const at = steps.findIndex(({ desired }) => desired === peak);
  t.true(steps.slice(0, at).every(({ desired }, index) => index === 0 || desired > steps[index - 1]!.desired));
  t.true(steps.slice(at).every(({ desired }, index) => index === 0 || desired < steps[at + index - 1]!.desired));
  t.is(steps.at(-1)!.desired, 0);
});

test('a wall clock that jumps changes nothing but what the schedule says by then', (t) => {
  const labels = { ...LABELS, 'com.dunlin.scale.schedule': '0 8 * * * = 3; 0 18 * * * = 0' };
  const at = (time: string): Date => new Date(`2026-03-02T${time}Z`);
  const clock = (second: number): Date =>
    second < 20 ? at('07:00:00') : second < 40 ? at('12:00:00') : at('06:59:00');
  const moments = simulate({ labels, offered: () => 0, seconds: 200, wall: clock });
  t.is(moments[19]!.desired, 0);
  t.is(moments[20]!.desired, 3);
  t.is(moments[39]!.desired, 3);
  // Back before eight; idle since it was started by the schedule.
  t.is(moments[199]!.desired, 0);
});

test('docs/SCALING.md shows replicas against load of each trace', (t) => {
  const page = join(import.meta.dirname, '../../docs/SCALING.md');
  const plots = runs
    .map(([name, moments]) => `### ${name}\n\n\`\`\`text\n${plot(moments, needed)}\n\`\`\``)
    .join('\n\n');
  const text = readFileSync(page, 'utf8');
  const wanted = text.replace(
    /(<!-- plots -->\n)[\s\S]*?(\n<!-- end -->)/,
    (_, begin, end) => `${begin}\n${plots}\n${end}`,
  );
  if (process.env.UPDATE_DOCS) writeFileSync(page, wanted);
  t.is(process.env.UPDATE_DOCS ? wanted : text, wanted);
});
