import type { ScaleType } from './scale-rules.ts';

/** What all gateways together have counted of one function by a moment. Counts only grow while it is deployed. */
export interface LoadSample {
  /** Milliseconds of a clock that never jumps. */
  readonly at: number;
  readonly started: number;
  readonly ended: number;
  /** Calls in flight, summed up over time, in seconds: over any span its growth is the mean number in flight. */
  readonly callSeconds: number;
  readonly inFlight: number;
  /** Millicores of all replicas, where they were looked at. */
  readonly cpu?: number | undefined;
}

const UNIT: Readonly<Record<ScaleType, string>> = {
  rps: 'calls per second',
  capacity: 'calls in flight',
  cpu: 'millicores',
};

/** For people: `12.5 calls per second`. */
export const loadText = (type: ScaleType, load: number): string => `${Number(load.toFixed(1))} ${UNIT[type]}`;

/** The newest samples that a window of this length needs: all within it, and the one before. */
export function withinWindow(samples: readonly LoadSample[], windowMs: number): readonly LoadSample[] {
  const begin = (samples.at(-1)?.at ?? 0) - windowMs;
  const first = samples.findLastIndex(({ at }) => at <= begin);
  return first <= 0 ? samples : samples.slice(first);
}

/** Load of the whole function, the mean of the window or of as much of it as was seen; undefined before two samples. */
export function meanLoad(type: ScaleType, samples: readonly LoadSample[], windowMs: number): number | undefined {
  const window = withinWindow(samples, windowMs);
  const [first, last] = [window[0], window.at(-1)];
  if (first === undefined || last === undefined || last.at <= first.at) return undefined;
  const seconds = (last.at - first.at) / 1000;
  if (type === 'rps') return Math.max(0, last.ended - first.ended) / seconds;
  if (type === 'capacity') return Math.max(0, last.callSeconds - first.callSeconds) / seconds;
  const seen = window.slice(1).flatMap(({ cpu }) => (cpu === undefined ? [] : [cpu]));
  return seen.length === 0 ? undefined : seen.reduce((sum, cpu) => sum + cpu, 0) / seen.length;
}
