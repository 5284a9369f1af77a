/** Lets at most `max` calls run at once; others wait for a place, in order, at most `waitMs`. */
export class Limiter {
  readonly max: number;
  readonly #waitMs: number;
  readonly #waiting = new Set<Waiter>();
  #running = 0;

  /** @param max 0 is no limit */
  constructor(max: number, waitMs: number) {
    this.max = max;
    this.#waitMs = waitMs;
  }

  /** Whether a call would have to wait, or be refused. */
  get full(): boolean {
    return this.max > 0 && this.#running >= this.max;
  }

  /** Takes a place now, if there is one. */
  tryEnter(): boolean {
    if (this.full) return false;
    this.#running++;
    return true;
  }

  /**
   * Waits for a place and takes it.
   *
   * @param left calls back when the caller hangs up, so that its turn goes to the next
   * @returns false when none came free in time, or the caller left
   */
  enter(left: (onLeft: () => void) => void): Promise<boolean> {
    if (this.#waitMs === 0) return Promise.resolve(false);
    return new Promise((resolve) => {
      const settle = (entered: boolean): void => {
        if (!this.#waiting.delete(waiter)) return;
        clearTimeout(timer);
        resolve(entered);
      };
      const waiter: Waiter = { settle };
      const timer = setTimeout(settle, this.#waitMs, false);
      this.#waiting.add(waiter);
      left(() => settle(false));
    });
  }

  /** Gives the place to the first who waits. */
  leave(): void {
    const [next] = this.#waiting;
    if (next === undefined) this.#running--;
    else next.settle(true);
  }
}

interface Waiter {
  settle(entered: boolean): void;
}
