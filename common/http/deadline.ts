/** What is told when its time is over. */
export interface Expiring {
  onDeadline(): void;
}

/**
 * A time limit of one call. Cheaper than a timer of its own: calls with the same limit end in the order in which they
 * began, so that one timer for the oldest does, and a call that ends in time touches no timer at all.
 */
export class Deadline {
  readonly at: number;
  #owner: Expiring | undefined;
  readonly #queue: DeadlineQueue;
  /** Neighbours in the queue; the queue's. */
  before: Deadline | undefined = undefined;
  after: Deadline | undefined = undefined;

  /** Calls `owner.onDeadline` in `limitMs`, not from within this call. The process is not kept alive for it. */
  constructor(owner: Expiring, limitMs: number) {
    this.#owner = owner;
    this.#queue = queueOf(limitMs);
    this.at = performance.now() + limitMs;
    this.#queue.add(this);
  }

  /** Idempotent. */
  cancel(): void {
    if (this.#owner === undefined) return;
    this.#owner = undefined;
    this.#queue.remove(this);
  }

  expire(): void {
    const owner = this.#owner;
    this.cancel();
    owner?.onDeadline();
  }
}

/** By limit; a queue leaves when its timer finds it empty, so that odd limits do not collect here. */
const queues = new Map<number, DeadlineQueue>();

function queueOf(limitMs: number): DeadlineQueue {
  let queue = queues.get(limitMs);
  if (queue === undefined) queues.set(limitMs, (queue = new DeadlineQueue(limitMs)));
  return queue;
}

class DeadlineQueue {
  readonly #limitMs: number;
  #oldest: Deadline | undefined = undefined;
  #newest: Deadline | undefined = undefined;

  constructor(limitMs: number) {
    this.#limitMs = limitMs;
    this.#arm(limitMs);
  }

  add(deadline: Deadline): void {
    const newest = this.#newest;
    deadline.before = newest;
    if (newest === undefined) this.#oldest = deadline;
    else newest.after = deadline;
    this.#newest = deadline;
  }

  remove({ before, after }: Deadline): void {
    if (before === undefined) this.#oldest = after;
    else before.after = after;
    if (after === undefined) this.#newest = before;
    else after.before = before;
  }

  #arm(afterMs: number): void {
    // A timer may be early by the fraction of a millisecond that it cannot count.
    setTimeout(() => this.#onTimer(), Math.ceil(afterMs)).unref();
  }

  #onTimer(): void {
    const now = performance.now();
    while (this.#oldest !== undefined && this.#oldest.at <= now) this.#oldest.expire();
    if (this.#oldest === undefined) queues.delete(this.#limitMs);
    else this.#arm(this.#oldest.at - now);
  }
}
