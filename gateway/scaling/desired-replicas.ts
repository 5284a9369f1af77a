import { initialReplicas, LABEL_MAX } from '../../provider/labels.ts';

const LABEL_FACTOR = 'com.openfaas.scale.factor';
/** The commercial edition's default; the community edition's cap of 5 is one of the limits that we do without. */
const DEFAULT_MAX = 20;
/** As documented; OpenFaaS's code has 10 (contract 10, contradictions). */
const DEFAULT_FACTOR = 20;

export interface ScaleLimits {
  readonly min: number;
  readonly max: number;
  /** Percent of `max` added per firing alert. */
  readonly factor: number;
}

/** A function's limits by its labels (contract 2.5). A label that cannot be read counts as absent. */
export function scaleLimits(labels: Readonly<Record<string, string>>): ScaleLimits {
  const min = initialReplicas(labels);
  const max = Math.max(min, wholeNumber(labels[LABEL_MAX]) ?? DEFAULT_MAX);
  return { min, max, factor: Math.min(100, wholeNumber(labels[LABEL_FACTOR]) ?? DEFAULT_FACTOR) };
}

/**
 * Replicas to ask for after one alert: a firing one climbs by `factor` percent of `max`, rounded up; a resolved one,
 * or any where the factor is 0, returns to `min` (contract 2.5).
 */
export function desiredReplicas(alert: 'firing' | 'resolved', current: number, limits: ScaleLimits): number {
  const step = Math.ceil((limits.max * limits.factor) / 100);
  if (alert === 'resolved' || step === 0) return limits.min;
  return Math.min(limits.max, current + step);
}

const wholeNumber = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
