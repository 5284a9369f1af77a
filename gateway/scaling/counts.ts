import type { FunctionMetrics } from '../metrics/function-metrics.ts';
import type { LoadSample } from './load.ts';

/** What gateways have counted of one function; all but `inFlight` only grow. */
export type Counts = Pick<LoadSample, 'started' | 'ended' | 'callSeconds' | 'inFlight'>;

export const NO_COUNTS: Counts = { started: 0, ended: 0, callSeconds: 0, inFlight: 0 };

/** This gateway's, at a moment of performance.now(). */
export const countsOf = (metrics: FunctionMetrics, now: number): Counts => ({
  started: metrics.started,
  ended: metrics.ended,
  callSeconds: metrics.callSeconds(now),
  inFlight: metrics.inFlight,
});

/** Element by element, each at least 0: of a function that was deployed anew, all that is counted is new. */
export function growth(before: Counts | undefined, after: Counts): Counts {
  // Of one that was never seen, nothing: it may have counted for days.
  if (before === undefined) return NO_COUNTS;
  // `started` may fall a little: a call that another process serves is taken back.
  const from = after.ended < before.ended ? NO_COUNTS : before;
  return {
    started: Math.max(0, after.started - from.started),
    ended: Math.max(0, after.ended - from.ended),
    callSeconds: Math.max(0, after.callSeconds - from.callSeconds),
    inFlight: 0,
  };
}

export const sumOf = (a: Counts, b: Counts): Counts => ({
  started: a.started + b.started,
  ended: a.ended + b.ended,
  callSeconds: a.callSeconds + b.callSeconds,
  inFlight: a.inFlight + b.inFlight,
});
