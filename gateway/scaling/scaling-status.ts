import type { ScalingJson } from '../../provider/wire/scaling.ts';
import type { FunctionScaler } from './function-scaler.ts';

/**
 * What a user is told of how a function scales: the rules as they are read, and the last decision with its reason.
 * Undefined of a function that was neither told anything of that nor ever scaled.
 */
export function scalingStatus(scaler: FunctionScaler, now: Date): ScalingJson | undefined {
  const { rules, decided, predicted, idleHistory } = scaler;
  if (!decided && !scaler.needsLooks && rules.ignored.length === 0) return undefined;
  const { driver, min, max, type, target, proportion, schedule, ignored } = rules;
  const load = decided?.load;
  const minimum = schedule?.minimum(now);
  const next = schedule?.next(now);
  return {
    driver,
    min,
    max,
    ...(driver === 'autoscaler' && { type, target, proportion, ...(load !== undefined && { load: round(load) }) }),
    ...(rules.zero && { zeroAfterSeconds: rules.zeroDurationMs / 1000 }),
    ...(schedule && {
      scheduled: { ...(minimum !== undefined && { minimum }), ...(next && { next: next.toISOString() }) },
    }),
    ...(rules.predict !== 'off' &&
      predicted && {
        prediction: { mode: rules.predict, ...predicted, used: rules.predict === 'on' && idleHistory!.proven },
      }),
    ...(decided && {
      decision: { replicas: decided.replicas, reason: decided.reason, at: decided.at.toISOString() },
    }),
    ...(ignored.length > 0 && { ignored }),
  };
}

const round = (load: number): number => Math.round(load * 100) / 100;
