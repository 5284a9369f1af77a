import { costOf, fixedPlan, IdleHistory, type Plan } from '../gateway/scaling/keep-warm.ts';
import type { BenchOptions, BenchResult } from './bench.ts';
import { CLASSES, type Habit, simulatedDay } from './lib/simulated-day.ts';

export const question =
  'Over a simulated day of 200 functions, what do cold starts and idle memory cost by a fixed 15 minutes, and by prediction?';

const RULE_MS = 15 * 60_000;
const DAY_MS = 24 * 3600_000;

interface Tally {
  calls: number;
  cold: number;
  idleMs: number;
}

/** Each function's calls go through the gateway's own predictor, one idle time after the other, as they would live. */
export async function run({ seed }: BenchOptions): Promise<BenchResult> {
  const rows: string[][] = [
    ['class', 'calls', 'cold, fixed', 'cold, predicted', 'idle, fixed (h)', 'idle, predicted (h)'],
  ];
  const totals = { fixed: nothing(), predicted: nothing() };
  const day = simulatedDay(seed);
  for (const habit of CLASSES) {
    const functions = day.filter((fn) => fn.habit === habit).map(({ calls }) => calls);
    const fixed = sum(functions.map((calls) => tally(calls, () => fixedPlan(RULE_MS))));
    const predicted = sum(
      functions.map((calls) => {
        const history = new IdleHistory(RULE_MS);
        return tally(
          calls,
          () => history.plan,
          (gap) => history.record(gap),
        );
      }),
    );
    rows.push(row(habit, fixed, predicted));
    totals.fixed = sum([totals.fixed, fixed]);
    totals.predicted = sum([totals.predicted, predicted]);
  }
  const { fixed, predicted } = totals;
  rows.push(row('total', fixed, predicted));
  return {
    figures: {
      fixedColdShare: fixed.cold / fixed.calls,
      predictedColdShare: predicted.cold / predicted.calls,
      fixedIdleSeconds: fixed.idleMs / 1000,
      predictedIdleSeconds: predicted.idleMs / 1000,
      coldRatio: predicted.cold / fixed.cold,
      idleRatio: predicted.idleMs / fixed.idleMs,
    },
    table: rows,
  };
}

/** Calls, sorted, and what they cost by the plan of each moment; the first one is cold by any. */
function tally(calls: readonly number[], plan: () => Plan, learn: (gapMs: number) => void = () => undefined): Tally {
  const total = { ...nothing(), calls: calls.length, cold: Math.min(1, calls.length) };
  for (const [index, at] of calls.entries()) {
    const gap = (calls[index + 1] ?? DAY_MS) - at;
    const { cold, idleMs } = costOf(plan(), gap);
    total.idleMs += idleMs;
    if (index + 1 === calls.length) break;
    total.cold += cold;
    learn(gap);
  }
  return total;
}

const nothing = (): Tally => ({ calls: 0, cold: 0, idleMs: 0 });

const sum = (tallies: readonly Tally[]): Tally =>
  tallies.reduce(
    (all, one) => ({ calls: all.calls + one.calls, cold: all.cold + one.cold, idleMs: all.idleMs + one.idleMs }),
    nothing(),
  );

function row(name: Habit | 'total', fixed: Tally, predicted: Tally): string[] {
  const share = ({ cold, calls }: Tally): string => `${((100 * cold) / calls).toFixed(2)} %`;
  const hours = ({ idleMs }: Tally): string => (idleMs / 3600_000).toFixed(1);
  return [name, String(fixed.calls), share(fixed), share(predicted), hours(fixed), hours(predicted)];
}
