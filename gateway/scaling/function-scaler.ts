import { type Decision, decide, type KeepWarm, type Memory, minimumOf, NO_MEMORY, type Observed } from './decide.ts';
import { IdleHistory, isWarm } from './keep-warm.ts';
import { type LoadSample, withinWindow } from './load.ts';
import type { ScaleRules } from './scale-rules.ts';

export interface Replicas {
  readonly desired: number;
  readonly ready: number;
}

/** The last decision, and what it was made from. */
export interface Decided {
  readonly replicas: number;
  readonly reason: string;
  readonly load: number | undefined;
  readonly at: Date;
}

/** Calls after an idle time, by whether the prediction would have had the function warm. */
export interface Predicted {
  warm: number;
  cold: number;
}

/** The memory of one function's scaling; does no I/O and reads no clock. */
export class FunctionScaler {
  readonly rules: ScaleRules;
  readonly predicted: Predicted | undefined;
  readonly #idle: IdleHistory | undefined;
  #samples: readonly LoadSample[] = [];
  #since: number;
  #lastActivity: number;
  #lastCall: number | undefined;
  #replicas: Replicas = { desired: 0, ready: 0 };
  #minimumBefore: number;
  #alert: Observed['alert'];
  #memory: Memory = NO_MEMORY;
  #decided: Decided | undefined;

  /** @param before of the same function, with the rules that it had: what was learnt of its calls holds */
  constructor(rules: ScaleRules, now: number, before?: FunctionScaler) {
    this.rules = rules;
    this.#since = now;
    this.#lastActivity = now;
    this.#minimumBefore = minimumOf(rules, undefined);
    if (rules.predict !== 'off') {
      const kept = before?.rules.zeroDurationMs === rules.zeroDurationMs ? before.#idle : undefined;
      this.#idle = kept ?? new IdleHistory(rules.zeroDurationMs);
      this.predicted = before?.predicted ?? { warm: 0, cold: 0 };
    }
    if (before === undefined) return;
    this.#lastCall = before.#lastCall;
    this.#alert = before.#alert;
  }

  /** Whether anything is to be decided between alerts. Most functions have no such label, and cost nothing. */
  get needsLooks(): boolean {
    const { driver, zero, schedule, resolved } = this.rules;
    const stepsDown = resolved === 'step' && this.#alert !== undefined;
    return driver === 'autoscaler' || zero || schedule !== undefined || stepsDown;
  }

  get decided(): Decided | undefined {
    return this.#decided;
  }

  /** Another gateway counted and decided until now: what was seen here is not all there was. */
  restart(now: number): void {
    this.#since = now;
    this.#lastActivity = now;
    this.#samples = [];
    this.#memory = NO_MEMORY;
  }

  /** Counts and replicas of a moment; once a second or so. */
  observe(sample: LoadSample, replicas: Replicas): void {
    const before = this.#samples.at(-1);
    const active = sample.inFlight > 0 || (before !== undefined && sample.started > before.started);
    const started = this.#replicas.desired === 0 && replicas.desired > 0;
    if (active) this.#called(sample.at, before?.at);
    if (active || started) this.#lastActivity = sample.at;
    if (replicas.desired === 0 || started) this.#since = before?.at ?? sample.at;
    this.#replicas = replicas;
    if (this.rules.driver === 'alerts' || (replicas.desired === 0 && !active)) this.#samples = [sample];
    else this.#samples = withinWindow([...this.#samples, sample], this.rules.stableWindowMs);
  }

  alerted(status: 'firing' | 'resolved', now: number): void {
    this.#alert = { status, at: now };
  }

  /** Undefined: no idle times are looked at. */
  get idleHistory(): IdleHistory | undefined {
    return this.#idle;
  }

  /** The latest, or the last step down after it. */
  get alert(): Observed['alert'] {
    return this.#alert;
  }

  /**
   * @param now of the samples' clock
   * @param wall of the schedule's
   */
  decide(now: number, wall: Date): Decision {
    const scheduled = this.rules.schedule?.minimum(wall);
    const decision = decide(this.rules, {
      now,
      replicas: this.#replicas.desired,
      ready: this.#replicas.ready,
      samples: this.#samples,
      since: this.#since,
      lastActivity: this.#lastActivity,
      scheduled,
      minimumBefore: this.#minimumBefore,
      alert: this.#alert,
      keepWarm: this.#keepWarm(now),
      memory: this.#memory,
    });
    this.#memory = decision.memory;
    this.#minimumBefore = minimumOf(this.rules, scheduled);
    if (decision.replicas < this.#replicas.desired && this.#alert) this.#alert = { ...this.#alert, at: now };
    this.note(decision.replicas, decision.reason, wall, decision.load);
    return decision;
  }

  /** Remembers what was decided, or why it did not come to that, for people. */
  note(replicas: number, reason: string, at: Date, load?: number | undefined): void {
    const last = this.#decided;
    const same = last?.reason === reason && last.replicas === replicas;
    this.#decided = { replicas, reason, load, at: same ? last.at : at };
  }

  #called(at: number, lookBefore: number | undefined): void {
    const last = this.#lastCall;
    this.#lastCall = at;
    // Calls in each of two looks that follow each other: it did not idle.
    if (last === undefined || lookBefore === undefined || lookBefore <= last) return;
    if (!this.#idle || !this.predicted) return;
    this.predicted[isWarm(this.#idle.candidate, at - last) ? 'warm' : 'cold']++;
    this.#idle.record(at - last);
  }

  #keepWarm(now: number): KeepWarm | undefined {
    if (this.rules.predict !== 'on' || !this.#idle?.proven || this.#lastCall === undefined) return undefined;
    const { plan } = this.#idle;
    const idle = now - this.#lastCall;
    const warm = isWarm(plan, idle);
    const expected = `predicted between ${seconds(plan.aheadMs)} and ${seconds(plan.untilMs)} after the last`;
    const why = Number.isFinite(plan.aheadMs)
      ? `the next call is ${expected}`
      : `no call is predicted after ${seconds(plan.keepMs)} idle`;
    return { warm, ahead: warm && idle >= plan.aheadMs, why };
  }
}

const seconds = (ms: number): string => `${Math.round(ms / 1000)} s`;
