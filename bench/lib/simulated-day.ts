export const CLASSES = ['periodic', 'bursty', 'poisson', 'one-off'] as const;
export type Habit = (typeof CLASSES)[number];

/** One function and when it was called, in milliseconds of the day, sorted. */
export interface SimulatedFunction {
  readonly habit: Habit;
  readonly calls: readonly number[];
}

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const PER_CLASS = 50;

/** A day of 200 functions, the same for the same seed. Calls take no time: what counts is the time between them. */
export function simulatedDay(seed: number): readonly SimulatedFunction[] {
  const random = seeded(seed);
  return CLASSES.flatMap((habit) =>
    Array.from({ length: PER_CLASS }, () => ({
      habit,
      calls: CALLS[habit](random)
        .filter((at) => at < DAY)
        .sort((a, b) => a - b),
    })),
  );
}

type Random = () => number;

const CALLS: Readonly<Record<Habit, (random: Random) => number[]>> = {
  /** Timers and polls: every 2 minutes to 4 hours, each up to 5 % late. */
  periodic(random) {
    const period = logUniform(random, 2 * MINUTE, 240 * MINUTE);
    const phase = random() * period;
    return series(DAY / period, (index) => phase + index * period + random() * 0.05 * period);
  },
  /** People: 3 to 20 visits a day, each of 5 to 50 calls some 20 seconds apart. */
  bursty(random) {
    const visits = series(between(random, 3, 20), () => random() * DAY);
    return visits.flatMap((begin) => {
      let at = begin;
      return series(between(random, 5, 50), () => (at += exponential(random, 20_000)));
    });
  },
  /** Independent callers: one call each 1 to 90 minutes on average. */
  poisson(random) {
    const mean = logUniform(random, MINUTE, 90 * MINUTE);
    const calls: number[] = [];
    for (let at = exponential(random, mean); at < DAY; at += exponential(random, mean)) calls.push(at);
    return calls;
  },
  /** Once to three times a day, whenever. */
  'one-off': (random) => series(between(random, 1, 3), () => random() * DAY),
};

const series = (count: number, item: (index: number) => number): number[] =>
  Array.from({ length: Math.floor(count) }, (_, index) => item(index));
const between = (random: Random, from: number, to: number): number => from + Math.floor(random() * (to - from + 1));
const exponential = (random: Random, mean: number): number => -mean * Math.log(1 - random());
const logUniform = (random: Random, from: number, to: number): number => from * (to / from) ** random();

/** Marsaglia's xorshift32 ("Xorshift RNGs", 2003), spread first so that near seeds differ. */
function seeded(seed: number): Random {
  let state = (Math.imul(seed + 1, 0x9e3779b1) ^ 0x5bd1e995) >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}
