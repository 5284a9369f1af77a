/**
 * As in "Serverless in the Wild" (Shahrad et al., USENIX ATC 2020), whose one minute is a 15th of the usual rule here.
 */
const BINS_PER_RULE = 15;
/** Four hours with a rule of 15 minutes. */
const BINS = 240;
/** Idle times that are remembered: all counts are halved then, so that a new habit shows. */
const REMEMBERED = 256;
/** Fewer say nothing. */
const FEWEST = 3;
/** A window begins so much earlier and ends so much later than what was seen (the paper's margin). */
const MARGIN = 0.1;
/** Ranks between which a window may begin and end, in parts of the idle times seen; the paper's are 5 % and 99 %. */
const RANKS = [0, 0.05, 0.25, 0.5, 0.75, 0.95, 1];

/** When to have replicas while no call comes. Milliseconds since the last call; `keep` may be all there is. */
export interface Plan {
  /** They stay so long, */
  readonly keepMs: number;
  /** are started again then, ahead of the call, */
  readonly aheadMs: number;
  /** and stay until then. Not after `aheadMs`: not started again. */
  readonly untilMs: number;
}

/** What a plan cost over idle times: calls that met no replica, and milliseconds that replicas idled. */
export interface Cost {
  cold: number;
  idleMs: number;
}

/** Of a function that is warm until it has idled for `ms`. */
export const fixedPlan = (ms: number): Plan => ({ keepMs: ms, aheadMs: Infinity, untilMs: Infinity });

export const isWarm = ({ keepMs, aheadMs, untilMs }: Plan, idleMs: number): boolean =>
  idleMs < keepMs || (idleMs >= aheadMs && idleMs < untilMs);

/** What one idle time cost by a plan. */
export const costOf = (plan: Plan, gapMs: number): Cost => ({
  cold: isWarm(plan, gapMs) ? 0 : 1,
  idleMs: Math.min(gapMs, plan.keepMs) + Math.max(0, Math.min(gapMs, plan.untilMs) - Math.min(gapMs, plan.aheadMs)),
});

/**
 * Learns when a function's next call comes from a histogram of its idle times, and plans by it. A plan is the cheapest
 * for what was seen, a cold start being worth as much as the fixed rule spends to avoid one. It is used only as long
 * as it has done better on one count, on idle times that it was not made from, and no worse on the other than the fixed
 * rule: a function without a habit keeps the rule.
 */
export class IdleHistory {
  readonly #ruleMs: number;
  readonly #binMs: number;
  readonly #bins = new Uint32Array(BINS + 1);
  #count = 0;
  #candidate: Plan;
  /** What the candidates would have cost, each on the idle time that came after it was made. */
  readonly #shadow: Cost = { cold: 0, idleMs: 0 };
  readonly #fixed: Cost = { cold: 0, idleMs: 0 };
  #judged = 0;

  /** @param ruleMs how long the function stays without a prediction: its zero-duration */
  constructor(ruleMs: number) {
    this.#ruleMs = ruleMs;
    this.#binMs = ruleMs / BINS_PER_RULE;
    this.#candidate = fixedPlan(ruleMs);
  }

  /** The plan to go by now. */
  get plan(): Plan {
    return this.proven ? this.#candidate : fixedPlan(this.#ruleMs);
  }

  /** Whether the prediction has earned its use. */
  get proven(): boolean {
    const { cold, idleMs } = this.#shadow;
    const none = this.#judged < FEWEST || cold > this.#fixed.cold || idleMs > this.#fixed.idleMs;
    return !none && (cold < this.#fixed.cold || idleMs < this.#fixed.idleMs);
  }

  /** What the prediction would have done from the start, had it been used, for its hit rate. */
  get candidate(): Plan {
    return this.#candidate;
  }

  /** A call came after so long; shorter ones than a bin are the same by any plan. */
  record(gapMs: number): void {
    if (gapMs < this.#binMs) return;
    if (this.#count >= FEWEST) this.#judge(gapMs);
    this.#bins[Math.min(BINS, Math.floor(gapMs / this.#binMs))]!++;
    if (++this.#count > REMEMBERED) this.#halve();
    if (this.#count >= FEWEST) this.#candidate = this.#cheapest();
  }

  #judge(gapMs: number): void {
    add(this.#shadow, costOf(this.#candidate, gapMs));
    add(this.#fixed, costOf(fixedPlan(this.#ruleMs), gapMs));
    this.#judged++;
  }

  #halve(): void {
    this.#count = 0;
    for (const [bin, count] of this.#bins.entries()) this.#count += this.#bins[bin] = count >> 1;
    for (const cost of [this.#shadow, this.#fixed]) {
      cost.cold /= 2;
      cost.idleMs /= 2;
    }
  }

  #cheapest(): Plan {
    const bounds = RANKS.map((rank) => this.#binAt(rank));
    // The rule first: of plans that cost the same it is the one.
    const keeps = [BINS_PER_RULE, 1, ...bounds.map((bin) => Math.ceil((bin + 1) * (1 + MARGIN)))];
    let best = fixedPlan(this.#ruleMs);
    let least = this.#priceOf(best);
    const consider = (plan: Plan): void => {
      const price = this.#priceOf(plan);
      if (price < least) [best, least] = [plan, price];
    };
    for (const keep of keeps.filter((bin) => bin <= BINS)) {
      const keepMs = keep * this.#binMs;
      consider(fixedPlan(keepMs));
      for (const [index, from] of bounds.entries())
        for (const to of bounds.slice(index)) {
          const aheadMs = Math.floor(from * (1 - MARGIN)) * this.#binMs;
          const untilMs = Math.ceil((to + 1) * (1 + MARGIN)) * this.#binMs;
          if (to < BINS && aheadMs > keepMs) consider({ keepMs, aheadMs, untilMs });
        }
    }
    return best;
  }

  /** Idle time, and the rule's length for each cold start, over what was seen. */
  #priceOf(plan: Plan): number {
    let price = 0;
    for (const [bin, count] of this.#bins.entries()) {
      if (count === 0) continue;
      // Beyond the last bin nothing is known but that it is long.
      const { cold, idleMs } = costOf(plan, bin === BINS ? BINS * 2 * this.#binMs : (bin + 0.5) * this.#binMs);
      price += count * (idleMs + cold * this.#ruleMs);
    }
    return price;
  }

  #binAt(rank: number): number {
    let below = 0;
    for (const [bin, count] of this.#bins.entries()) {
      below += count;
      if (count > 0 && below >= rank * this.#count) return bin;
    }
    return BINS;
  }
}

function add(to: Cost, { cold, idleMs }: Cost): void {
  to.cold += cold;
  to.idleMs += idleMs;
}
