import { FaasError } from '../../common/errors.ts';
import { LABEL_MAX, LABEL_MIN, LABEL_ZERO } from '../../provider/labels.ts';
import type { FunctionSpec } from '../../provider/provider.ts';
import * as read from './label-values.ts';
import { type Schedule, scheduleKind, timezoneKind } from './schedule.ts';

const LABEL_TYPE = 'com.openfaas.scale.type';
const LABEL_TARGET = 'com.openfaas.scale.target';
const LABEL_PANIC_WINDOW = 'com.dunlin.scale.panic-window';
const LABEL_PREDICT = 'com.dunlin.scale.predict';
const LABEL_SCHEDULE = 'com.dunlin.scale.schedule';
const LABEL_TIMEZONE = 'com.dunlin.scale.timezone';

/** What a function's load is counted in. Queue depth will be the next. */
const SCALE_TYPES = ['rps', 'capacity', 'cpu'] as const;
export type ScaleType = (typeof SCALE_TYPES)[number];

/** What a function's labels say about its number of replicas. Sources: openfaas-contract.md 2.5, 2.6; Knative's KPA. */
export interface ScaleRules {
  /** Who finds the number: Alertmanager's alerts, or the autoscaler, by the load that the gateways count. */
  readonly driver: 'alerts' | 'autoscaler';
  readonly min: number;
  readonly max: number;
  /** Percent of `max` added per firing alert. */
  readonly factor: number;
  /** A resolved alert returns to the minimum, or goes one step down, and on from there. */
  readonly resolved: 'min' | 'step';

  readonly type: ScaleType;
  /** Load per replica: completed calls per second, calls in flight, or millicores. */
  readonly target: number;
  /** The part of the target that is aimed at. */
  readonly proportion: number;
  readonly stableWindowMs: number;
  readonly panicWindowMs: number;
  /** Percent of the ready replicas that a need seen in the panic window must reach to count at once. */
  readonly panicThreshold: number;
  /** Ready replicas may be multiplied by this in one step up, and divided by the other in one step down. */
  readonly upRate: number;
  readonly downRate: number;
  /** Down only to the highest recommendation of so long; 0 is off. */
  readonly downWindowMs: number;

  readonly zero: boolean;
  readonly zeroDurationMs: number;
  readonly schedule: Schedule | undefined;
  readonly predict: 'off' | 'shadow' | 'on';
  /** Labels that count as absent, each with label, rule and value: they were deployed past the check. */
  readonly ignored: readonly string[];
}

/** Which functions the autoscaler drives: those with a type or a target, all, or none. */
export type AutoscalerMode = 'labelled' | 'all' | 'off';

type Labelled = Pick<FunctionSpec, 'labels' | 'annotations'>;

/** Reads the rules of a function that is deployed; what {@link checkScaleRules} would refuse counts as absent. */
export function scaleRules(spec: Labelled, mode: AutoscalerMode): ScaleRules {
  if (!Object.keys(spec.labels).some(isOurs) && !Object.keys(spec.annotations).some(isOurs)) return UNLABELLED[mode];
  return readLabels(spec, mode);
}

const isOurs = (name: string): boolean => name.includes('.scale.');

const readLabels = (spec: Labelled, mode: AutoscalerMode): ScaleRules => {
  const { rules, problems } = readRules(spec);
  const asked = mode === 'all' || (mode === 'labelled' && (LABEL_TYPE in spec.labels || LABEL_TARGET in spec.labels));
  return { ...rules, driver: asked ? 'autoscaler' : 'alerts', ignored: problems };
};

/** Shared: most of ten thousand functions have no such label. */
const UNLABELLED: Readonly<Record<AutoscalerMode, ScaleRules>> = {
  labelled: readLabels({ labels: {}, annotations: {} }, 'labelled'),
  all: readLabels({ labels: {}, annotations: {} }, 'all'),
  off: readLabels({ labels: {}, annotations: {} }, 'off'),
};

/** For a function that is to be deployed. @throws FaasError `invalid_request` that names label, rule and value */
export function checkScaleRules(spec: Labelled): void {
  const [problem] = readRules(spec).problems;
  if (problem !== undefined) throw new FaasError('invalid_request', problem);
}

function readRules({ labels, annotations }: Labelled): {
  rules: Omit<ScaleRules, 'driver' | 'ignored'>;
  problems: string[];
} {
  const problems: string[] = [];
  const problem = (label: string, rule: string, value: string): void =>
    void problems.push(`labels.${label} must be ${rule}, got ${JSON.stringify(value)}`);
  const label = <T>(name: string, fallback: T, kind: read.Kind<T>, text = labels[name]): T => {
    if (text === undefined) return fallback;
    const value = kind.parse(text);
    if (value === undefined) problem(name, kind.rule, text);
    return value ?? fallback;
  };

  const min = label(LABEL_MIN, 1, read.whole(0));
  let max = label(LABEL_MAX, Math.max(min, 20), read.whole(1));
  if (min > max) {
    problem(LABEL_MAX, `${min} or more, which is ${LABEL_MIN}`, labels[LABEL_MAX]!);
    max = min;
  }
  const stableWindowMs = label('com.dunlin.scale.stable-window', 60_000, read.span('6s', '1h'));
  let panicWindowMs = label(LABEL_PANIC_WINDOW, 6000, read.span('1s', '1h'));
  if (panicWindowMs > stableWindowMs) {
    problem(LABEL_PANIC_WINDOW, 'no longer than the stable window', labels[LABEL_PANIC_WINDOW] ?? '6s');
    panicWindowMs = stableWindowMs;
  }
  const zero = label(LABEL_ZERO, false, read.boolean);
  let predict = label(LABEL_PREDICT, 'off', read.oneOf('off', 'shadow', 'on'));
  if (predict !== 'off' && !zero) {
    problem(LABEL_PREDICT, `off unless ${LABEL_ZERO} is true`, labels[LABEL_PREDICT]!);
    predict = 'off';
  }
  // Kubernetes' labels cannot hold a cron expression; annotations can.
  const either = (name: string): string | undefined => labels[name] ?? annotations[name];
  const timezone = label(LABEL_TIMEZONE, 'UTC', timezoneKind, either(LABEL_TIMEZONE));
  const rules = {
    min,
    max,
    // As documented; OpenFaaS's code has 10 (contract 10, contradictions).
    factor: label('com.openfaas.scale.factor', 20, read.whole(0, 100)),
    resolved: label('com.dunlin.scale.resolved', 'min', read.oneOf('min', 'step')),
    type: label(LABEL_TYPE, 'rps', read.oneOf(...SCALE_TYPES)),
    target: label(LABEL_TARGET, 50, read.above(0)),
    proportion: label('com.openfaas.scale.target-proportion', 0.9, read.above(0, 1)),
    stableWindowMs,
    panicWindowMs,
    panicThreshold: label('com.dunlin.scale.panic-threshold', 200, read.whole(110, 1000)),
    upRate: label('com.dunlin.scale.up-rate', 1000, read.above(1)),
    downRate: label('com.dunlin.scale.down-rate', 2, read.above(1)),
    downWindowMs: label('com.openfaas.scale.down.window', 0, read.span('0s', '5m')),
    zero,
    zeroDurationMs: label('com.openfaas.scale.zero-duration', 15 * 60_000, read.span('1s', '720h')),
    schedule: label<Schedule | undefined>(
      LABEL_SCHEDULE,
      undefined,
      scheduleKind(timezone, max),
      either(LABEL_SCHEDULE),
    ),
    predict,
  };
  return { rules, problems };
}
