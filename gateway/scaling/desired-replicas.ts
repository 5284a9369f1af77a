import { alertStep } from './decide.ts';
import type { ScaleRules } from './scale-rules.ts';

/**
 * Replicas to ask for after one alert: a firing one climbs by `factor` percent of `max`, rounded up; a resolved one,
 * or any where the factor is 0, returns to `min` (contract 2.5). With `resolved: 'step'` a resolved one goes down as a
 * firing one goes up. What is at zero has no load to be resolved, and stays.
 */
export function desiredReplicas(
  alert: 'firing' | 'resolved',
  current: number,
  rules: Pick<ScaleRules, 'min' | 'max' | 'factor' | 'resolved'>,
): number {
  const { min, max, resolved } = rules;
  const step = alertStep(rules);
  if (alert === 'firing' && step > 0) return Math.min(max, current + step);
  if (alert === 'resolved' && current === 0) return 0;
  return resolved === 'step' && step > 0 ? Math.max(min, current - step) : min;
}
