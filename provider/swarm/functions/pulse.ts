/** While something is on its way: soon at first, then less and less often. */
const FIRST_MS = 50;
const LAST_MS = 1000;
const GROWTH = 1.3;

/** Calls `beat` now and then, never twice at once: often after {@link hurry}, and in full after each `resyncMs`. */
export class Pulse {
  readonly #resyncMs: number;
  readonly #beat: (full: boolean) => Promise<void>;
  #isBusy: () => boolean = () => false;
  #timer: NodeJS.Timeout | undefined;
  #pauseMs = LAST_MS;
  #beating = false;
  /** Asked for while beating. */
  #again: 'full' | 'partial' | undefined;
  #lastFull = performance.now();
  #closed = false;

  constructor(resyncMs: number, beat: (full: boolean) => Promise<void>) {
    this.#resyncMs = resyncMs;
    this.#beat = beat;
  }

  /** @param isBusy whether to beat more often than each `resyncMs` */
  start(isBusy: () => boolean): void {
    this.#isBusy = isBusy;
    this.#schedule();
  }

  /** At once, or once more after the one that is under way. */
  now(full: boolean): void {
    if (this.#closed) return;
    if (this.#beating) this.#again = full || this.#again === 'full' ? 'full' : 'partial';
    else void this.#run(full);
  }

  /** Something changed, and more will. */
  hurry(): void {
    if (this.#pauseMs === FIRST_MS) return;
    this.#pauseMs = FIRST_MS;
    if (!this.#beating) this.#schedule();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  async #run(full: boolean): Promise<void> {
    clearTimeout(this.#timer);
    this.#beating = true;
    if (full) this.#lastFull = performance.now();
    await this.#beat(full);
    this.#beating = false;
    const again = this.#again;
    this.#again = undefined;
    if (again !== undefined) this.now(again === 'full');
    else this.#schedule();
  }

  #schedule(): void {
    clearTimeout(this.#timer);
    if (this.#closed) return;
    const untilFull = Math.max(0, this.#lastFull + this.#resyncMs - performance.now());
    const pause = this.#isBusy() ? Math.min(this.#pauseMs, untilFull) : untilFull;
    this.#pauseMs = Math.min(LAST_MS, this.#pauseMs * GROWTH);
    this.#timer = setTimeout(() => void this.#run(pause === untilFull), pause).unref();
  }
}
