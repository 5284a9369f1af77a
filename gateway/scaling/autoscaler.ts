import { setImmediate } from 'node:timers/promises';
import type { FunctionSpec, Provider } from '../../provider/provider.ts';
import type { FunctionEntry } from '../invoke/function-entry.ts';
import type { Log } from '../log.ts';
import { type Counts, countsOf, sumOf } from './counts.ts';
import { FunctionScaler } from './function-scaler.ts';
import type { FunctionReport, LoadReport } from './peers.ts';
import { type AutoscalerMode, type ScaleRules, scaleRules } from './scale-rules.ts';

const TICK_MS = 1000;
/** Looking at the CPU of replicas costs a walk through their processes. */
const CPU_MS = 5000;
/** Functions that are looked at in one go, well under a millisecond's work. */
const SLICE = 100;

export interface AutoscalerDeps {
  readonly provider: Pick<Provider, 'scale' | 'describe'>;
  readonly functions: () => Iterable<FunctionEntry>;
  readonly mode: AutoscalerMode;
  /** Of this gateway; no other one's. */
  readonly self: string;
  /** Whether this gateway is the one that decides. */
  readonly leads: () => boolean;
  /** What the others have counted. */
  readonly peers: {
    ask(signal: AbortSignal): Promise<void>;
    counts(key: string): Counts;
    alert(key: string): FunctionScaler['alert'];
  };
  readonly log: Pick<Log, 'info' | 'warn'>;
  /** Milliseconds of a clock that never jumps: that of the functions' metrics. */
  readonly now: () => number;
  readonly wall: () => Date;
}

/** What is kept of one function, as long as it is deployed. */
interface Scaled {
  readonly spec: FunctionSpec;
  readonly scaler: FunctionScaler;
  cpu: number | undefined;
  cpuAt: number;
  /** A change is under way. */
  busy: boolean;
}

/**
 * Keeps every function's replicas at what {@link FunctionScaler} decides, from what the gateways count anyway. Alerts
 * come by the API; the rest, to zero and back by schedule and prediction included, is looked at once a second.
 */
export class Autoscaler {
  readonly #deps: AutoscalerDeps;
  readonly #scaled = new WeakMap<FunctionEntry, Scaled>();
  readonly #closing = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #ticking: Promise<void> | undefined;
  #led = false;

  constructor(deps: AutoscalerDeps) {
    this.#deps = deps;
  }

  start(): void {
    // A tick that takes longer than a second is not joined by another.
    const tick = (): void => void (this.#ticking ??= this.tick().finally(() => (this.#ticking = undefined)));
    this.#timer = setInterval(tick, TICK_MS).unref();
  }

  /** Looks at all functions once. Never rejects. */
  async tick(): Promise<void> {
    const leads = this.#deps.leads();
    const begins = leads && !this.#led;
    this.#led = leads;
    const { signal } = this.#closing;
    if (leads) await this.#deps.peers.ask(AbortSignal.any([signal, AbortSignal.timeout(TICK_MS)]));
    let looked = 0;
    for (const entry of this.#deps.functions()) {
      if (++looked % SLICE === 0) await setImmediate();
      if (signal.aborted) return;
      this.#look(entry, begins);
    }
  }

  /** What decides on a function, with the memory of how. */
  scaler(entry: FunctionEntry): FunctionScaler {
    return this.#of(entry).scaler;
  }

  /** The latest alert says so; what it asks for is the API's to do. */
  alerted(entry: FunctionEntry, status: 'firing' | 'resolved', replicas: number): void {
    const { scaler } = this.#of(entry);
    scaler.alerted(status, this.#deps.now());
    scaler.note(replicas, `an alert is ${status}`, this.#deps.wall());
  }

  /** For the gateway that decides: what this one counts of functions that anything is decided on. */
  report(): LoadReport {
    const now = this.#deps.now();
    const functions: Record<string, FunctionReport> = {};
    for (const entry of this.#deps.functions()) {
      const { scaler } = this.#of(entry);
      if (!scaler.needsLooks) continue;
      const { alert } = scaler;
      functions[entry.key] = {
        ...countsOf(entry.metrics, now),
        ...(alert && { alert: { status: alert.status, ageMs: now - alert.at } }),
      };
    }
    return { gateway: this.#deps.self, functions };
  }

  /** Idempotent. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#closing.abort();
    await this.#ticking;
  }

  #of(entry: FunctionEntry): Scaled {
    const { spec } = entry.state;
    const known = this.#scaled.get(entry);
    if (known?.spec === spec) return known;
    const rules = scaleRules(spec, this.#deps.mode);
    const scaler = new FunctionScaler(rules, this.#deps.now(), known?.scaler);
    const scaled = { spec, scaler, cpu: undefined, cpuAt: -Infinity, busy: false };
    this.#scaled.set(entry, scaled);
    return scaled;
  }

  #look(entry: FunctionEntry, begins: boolean): void {
    const { now, wall, peers } = this.#deps;
    const scaled = this.#of(entry);
    const { scaler } = scaled;
    if (!scaler.needsLooks) return;
    const at = now();
    if (begins) scaler.restart(at);
    if (usesCpu(scaler.rules) && entry.state.ready.length > 0 && at - scaled.cpuAt >= CPU_MS)
      void this.#readCpu(entry, scaled);
    const counts = sumOf(countsOf(entry.metrics, at), peers.counts(entry.key));
    const { replicas, ready } = entry.state;
    scaler.observe({ at, ...counts, cpu: scaled.cpu }, { desired: replicas, ready: ready.length });
    scaled.cpu = undefined;
    if (!this.#led || scaled.busy) return;
    const alert = peers.alert(entry.key);
    if (alert && alert.at > (scaler.alert?.at ?? -Infinity)) scaler.alerted(alert.status, alert.at);
    const decision = scaler.decide(at, wall());
    if (decision.replicas !== replicas) void this.#scale(entry, scaled, decision.replicas, decision.reason);
  }

  async #scale(entry: FunctionEntry, scaled: Scaled, replicas: number, reason: string): Promise<void> {
    const { provider, log, wall } = this.#deps;
    scaled.busy = true;
    try {
      await provider.scale(entry.ref, replicas, this.#closing.signal);
      log.info({ function: entry.key, replicas, reason }, `${entry.key} is scaled to ${replicas}: ${reason}`);
    } catch (error) {
      if (entry.removed || this.#closing.signal.aborted) return;
      const why = `scaling to ${replicas} failed and is tried again: ${(error as Error).message}`;
      scaled.scaler.note(entry.state.replicas, why, wall());
      log.warn({ function: entry.key, replicas, err: error }, `${entry.key} cannot be scaled`);
    } finally {
      scaled.busy = false;
    }
  }

  async #readCpu(entry: FunctionEntry, scaled: Scaled): Promise<void> {
    scaled.cpuAt = this.#deps.now();
    try {
      const { usage } = await this.#deps.provider.describe(entry.ref, { usage: true }, this.#closing.signal);
      scaled.cpu = usage?.cpu;
    } catch {
      // Nothing is known of its load then, and the decision says so.
    }
  }
}

const usesCpu = ({ driver, type }: ScaleRules): boolean => driver === 'autoscaler' && type === 'cpu';
