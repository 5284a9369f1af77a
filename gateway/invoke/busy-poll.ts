/** Longest time that the loop is kept awake for what is expected. */
const SPIN_MS = 0.08;
/**
 * What came within this was worth it, or would have been: asleep, one waits longer by the time that waking up takes.
 */
const SHORT_MS = 0.2;

/**
 * For one caller at a time: keeps the event loop looking for the answer, and then for the next call, instead of
 * sleeping until it comes. Falling asleep and being woken takes longer than a small function does, most of all on a
 * virtual machine. Only where the last one came soon, so that it costs nothing where nothing can be won; never for
 * long; and never with more calls in flight, whose comings and goings keep the loop awake anyway.
 */
export class BusyPoll {
  readonly #enabled: boolean;
  readonly #now: () => number;
  readonly #answer = new Gap();
  readonly #nextCall = new Gap();
  #inFlight = 0;
  /** Since there was no call last: never two at a time. */
  #isAlone = true;
  #until = 0;
  #spinning = false;

  /**
   * @param cores with one only, this would be in the way of whoever is waited for
   * @param now milliseconds, with fractions
   */
  constructor(cores: number, now: () => number) {
    this.#enabled = cores > 1;
    this.#now = now;
  }

  callBegins(): void {
    if (++this.#inFlight === 1) {
      this.#isAlone = true;
      this.#turn(this.#nextCall, this.#answer);
    } else if (this.#isAlone) {
      this.#isAlone = false;
      this.#until = 0;
    }
  }

  callEnds(): void {
    if (--this.#inFlight > 0) return;
    if (this.#isAlone) {
      this.#turn(this.#answer, this.#nextCall);
    } else {
      this.#answer.wasShort = false;
      this.#nextCall.since = Number.NEGATIVE_INFINITY;
    }
  }

  #turn(came: Gap, expected: Gap): void {
    if (!this.#enabled) return;
    const now = this.#now();
    came.wasShort = now - came.since < SHORT_MS;
    expected.since = now;
    this.#until = expected.wasShort ? now + SPIN_MS : 0;
    if (this.#until === 0 || this.#spinning) return;
    this.#spinning = true;
    setImmediate(this.#spin);
  }

  readonly #spin = (): void => {
    if (this.#now() < this.#until) setImmediate(this.#spin);
    else this.#spinning = false;
  };
}

/** How long one kind of thing takes to come: the last one stands for the next. */
class Gap {
  since = 0;
  wasShort = false;
}
