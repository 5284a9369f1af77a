import { FunctionScaler } from '../function-scaler.ts';
import type { LoadSample } from '../load.ts';
import { scaleRules } from '../scale-rules.ts';

/** Each call takes so long. */
const CALL_SECONDS = 0.05;

export interface Moment {
  readonly second: number;
  /** Calls in flight that the clients make, if nothing holds them up. */
  readonly offered: number;
  readonly desired: number;
  readonly ready: number;
  readonly reason: string;
}

export interface World {
  readonly labels: Readonly<Record<string, string>>;
  /** Calls in flight by the second, on average; the calls come at random moments. */
  readonly offered: (second: number) => number;
  readonly seconds: number;
  /** Replicas at first; 0 where none is given. */
  readonly replicas?: number;
  /** From the wall clock of a second; steady from midnight by default. */
  readonly wall?: (second: number) => Date;
  readonly startSeconds?: number;
}

/** The scaler of one function in a world whose clock goes as fast as it can: replicas get ready a second late. */
export function simulate(world: World): readonly Moment[] {
  const { labels, offered, seconds, startSeconds = 1, wall = (second) => new Date(second * 1000) } = world;
  const scaler = new FunctionScaler(scaleRules({ labels, annotations: {} }, 'labelled'), 0);
  const random = seeded();
  const moments: Moment[] = [];
  let sample: LoadSample = { at: 0, started: 0, ended: 0, callSeconds: 0, inFlight: 0 };
  let desired = world.replicas ?? 0;
  let readyAt: number[] = Array.from({ length: desired }, () => 0);
  for (let second = 0; second < seconds; second++) {
    const calls = poisson(offered(second) / CALL_SECONDS, random);
    const inFlight = Math.round(calls * CALL_SECONDS);
    sample = {
      at: second * 1000,
      started: sample.started + calls,
      ended: sample.ended + calls,
      callSeconds: sample.callSeconds + calls * CALL_SECONDS,
      inFlight,
      cpu: calls * CALL_SECONDS * 1000,
    };
    // The waiting room's part.
    if (calls > 0 && desired === 0) desired = 1;
    while (readyAt.length < desired) readyAt.push(second + startSeconds);
    readyAt = readyAt.slice(0, desired);
    const ready = readyAt.filter((at) => at <= second).length;
    scaler.observe(sample, { desired, ready });
    const { replicas, reason } = scaler.decide(sample.at, wall(second));
    desired = replicas;
    moments.push({ second, offered: offered(second), desired, ready, reason });
  }
  return moments;
}

type Random = () => number;

/** Knuth's for few, a normal distribution's approximation for many. */
function poisson(mean: number, random: Random): number {
  if (mean <= 0) return 0;
  if (mean > 50) {
    const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal));
  }
  let count = -1;
  for (let product = 1; product > Math.exp(-mean); product *= random()) count++;
  return count;
}

/** The same for every run (mulberry32's constants). */
function seeded(): Random {
  let state = 1;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
