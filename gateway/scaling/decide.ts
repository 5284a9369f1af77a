import { type LoadSample, loadText, meanLoad } from './load.ts';
import type { ScaleRules } from './scale-rules.ts';

/**
 * A step down follows another, or the alert that asked for the first, after this long: Alertmanager's repeat_interval.
 */
const STEP_DOWN_MS = 30_000;
/** A step in the load shows in the last third of the panic window long before it does in all of it. */
const SHARPEST = 3;
/** 9 / (10 x 0.9) is a hair above 1 in binary. */
const ROUNDING = 1e-9;

/** All that is known of a function at a moment. Times are milliseconds of a clock that never jumps. */
export interface Observed {
  readonly now: number;
  /** Desired and ready replicas. */
  readonly replicas: number;
  readonly ready: number;
  /** Oldest first, the last one of now. */
  readonly samples: readonly LoadSample[];
  /** Since when its load is watched at this number of replicas or more; from zero it begins anew. */
  readonly since: number;
  /** The latest that a call began or was in flight, or that the function was made to run. */
  readonly lastActivity: number;
  /** The minimum by the schedule, where one holds now. */
  readonly scheduled: number | undefined;
  /** The minimum at the decision before: where it was higher, the replicas may stand there for no other reason. */
  readonly minimumBefore: number;
  /** The latest alert, and when it or a step down after it was. */
  readonly alert: { readonly status: 'firing' | 'resolved'; readonly at: number } | undefined;
  /** What the history of idle times says; undefined where it is not asked. */
  readonly keepWarm: KeepWarm | undefined;
  readonly memory: Memory;
}

/** By idle times: see keep-warm.ts. */
export interface KeepWarm {
  /** Whether replicas that there are should stay. */
  readonly warm: boolean;
  /** Whether a function at zero should be started: its next call is due. */
  readonly ahead: boolean;
  readonly why: string;
}

/** What one decision leaves for the next. */
export interface Memory {
  /** Panicking until then. */
  readonly panicUntil: number;
  /** The most that was needed in this panic. */
  readonly panicReplicas: number;
  /** Recommendations of the down window, oldest first. */
  readonly recommended: readonly { readonly at: number; readonly replicas: number }[];
}

export const NO_MEMORY: Memory = { panicUntil: -Infinity, panicReplicas: 0, recommended: [] };

export interface Decision {
  /** To be asked for; equal to those there are when nothing is to change. */
  readonly replicas: number;
  /** One sentence for people. */
  readonly reason: string;
  /** By the stable window; undefined where no load is looked at. */
  readonly load?: number | undefined;
  readonly memory: Memory;
}

/**
 * Replicas that a function should have now. To zero after idling and by the schedule whoever drives it; else by its
 * load (contract 2.6, with Knative's stable and panic windows), or on from the latest alert (contract 2.5).
 */
export function decide(rules: ScaleRules, observed: Observed): Decision {
  const { replicas, now, memory } = observed;
  const minimum = minimumOf(rules, observed.scheduled);
  const stay = (reason: string): Decision => ({ replicas, reason, memory });
  if (replicas === 0) return fromZero(rules, observed, stay);
  const idleMs = now - observed.lastActivity;
  if (rules.zero && !observed.scheduled) {
    const { keepWarm } = observed;
    if (keepWarm !== undefined && !keepWarm.warm) return { replicas: 0, reason: keepWarm.why, memory: NO_MEMORY };
    if (keepWarm === undefined && idleMs >= rules.zeroDurationMs)
      return { replicas: 0, reason: `no call for ${seconds(rules.zeroDurationMs)}, zero-duration`, memory: NO_MEMORY };
  }
  // A function that alerts drive may be scaled below its label by hand, as in OpenFaaS.
  const held = rules.driver === 'autoscaler' || observed.scheduled !== undefined;
  if (replicas < minimum && held) return { replicas: minimum, reason: `the minimum is ${minimum}`, memory };
  if (rules.driver === 'alerts') return afterAlert(rules, observed, minimum, stay);
  if (rules.min === rules.max && observed.scheduled === undefined) return stay(`minimum and maximum are ${rules.min}`);
  return byLoad(rules, observed, minimum, stay);
}

/** While it runs; a minimum of 0 without idling would end it between two calls. */
export const minimumOf = (rules: ScaleRules, scheduled: number | undefined): number =>
  Math.min(rules.max, Math.max(1, scheduled ?? rules.min));

type Stay = (reason: string) => Decision;

function fromZero(rules: ScaleRules, { scheduled, keepWarm, memory }: Observed, stay: Stay): Decision {
  const minimum = minimumOf(rules, scheduled);
  if (scheduled) return { replicas: minimum, reason: `the schedule's minimum is ${minimum}`, memory };
  if (keepWarm?.ahead) return { replicas: minimum, reason: keepWarm.why, memory };
  return stay('at zero until a call comes');
}

/** What is left to do between alerts: down from a minimum that is no more, and further down after a resolved one. */
function afterAlert(rules: ScaleRules, observed: Observed, minimum: number, stay: Stay): Decision {
  const { replicas, alert, now, memory, minimumBefore } = observed;
  const to = (wanted: number, reason: string): Decision => ({ replicas: wanted, reason, memory });
  if (alert?.status === 'firing') return stay('an alert is firing');
  if (replicas === minimumBefore && minimumBefore > minimum) return to(minimum, `the minimum is now ${minimum}`);
  if (alert === undefined || rules.resolved === 'min' || replicas <= minimum) return stay('no alert is firing');
  if (now - alert.at < STEP_DOWN_MS) return stay('stepping down, the alert is resolved');
  return to(Math.max(minimum, replicas - alertStep(rules)), 'a step down, the alert is resolved');
}

/** Replicas added per firing alert (contract 2.5). */
export const alertStep = ({ max, factor }: Pick<ScaleRules, 'max' | 'factor'>): number =>
  Math.ceil((max * factor) / 100);

function byLoad(rules: ScaleRules, observed: Observed, minimum: number, stay: Stay): Decision {
  const { now, samples, replicas } = observed;
  const { type, stableWindowMs, panicWindowMs } = rules;
  const load = meanLoad(type, samples, stableWindowMs);
  if (replicas > rules.max) return { ...stay(`the maximum is ${rules.max}`), replicas: rules.max };
  if (load === undefined) return stay(`too little is known of its load yet (${type})`);
  const sharpest = meanLoad(type, samples, panicWindowMs / SHARPEST) ?? load;
  const panicLoad = Math.max(meanLoad(type, samples, panicWindowMs) ?? load, sharpest);
  const ready = Math.max(1, observed.ready);
  const memory = panic(rules, observed, replicasFor(rules, panicLoad));
  const panicking = memory.panicUntil > now;

  // The mean of a long window lags behind a load that grows: no step down below what is needed now (Knative takes it).
  const kept = Math.min(replicas, replicasFor(rules, panicLoad));
  const recommended = Math.max(replicasFor(rules, load), kept, panicking ? memory.panicReplicas : 0);
  const atMost = Math.ceil(ready * rules.upRate);
  const atLeast = Math.floor(ready / rules.downRate);
  const limited = Math.min(rules.max, Math.max(minimum, Math.min(atMost, Math.max(atLeast, recommended))));
  const history = [...memory.recommended, { at: now, replicas: limited }].filter(
    ({ at }) => now - at <= rules.downWindowMs,
  );
  const next = { ...memory, recommended: history };

  const why = `${loadText(type, panicking ? panicLoad : load)}, ${rules.target} x ${rules.proportion} each, need ${recommended}`;
  const clamped = limited === recommended ? '' : `, within limits ${limited}`;
  const decided = (wanted: number, more = ''): Decision => ({
    replicas: wanted,
    reason: `${panicking ? 'panic, ' : ''}${why}${clamped}${more}`,
    load,
    memory: next,
  });
  if (limited >= replicas) return decided(limited);
  if (panicking) return decided(replicas, '; no step down in a panic');
  if (now - observed.since < stableWindowMs)
    return decided(replicas, `; no step down before ${seconds(stableWindowMs)} were seen`);
  const highest = Math.max(...history.map((recommendation) => recommendation.replicas));
  return highest > limited ? decided(Math.min(replicas, highest), '; the down window had more') : decided(limited);
}

/** Knative's panic: what is needed now, once that is far more than is ready, holds for a stable window. */
function panic(rules: ScaleRules, { now, ready, memory }: Observed, needed: number): Memory {
  const starts = needed * 100 >= rules.panicThreshold * Math.max(1, ready);
  if (!starts && memory.panicUntil <= now) return { ...memory, panicReplicas: 0 };
  return {
    ...memory,
    panicUntil: starts ? now + rules.stableWindowMs : memory.panicUntil,
    panicReplicas: Math.max(memory.panicReplicas, needed),
  };
}

/** Contract 2.6: the load of all over what one is to have. */
const replicasFor = ({ target, proportion }: ScaleRules, load: number): number =>
  Math.ceil(load / (target * proportion) - ROUNDING);

const seconds = (ms: number): string => `${ms / 1000} s`;
