import { orAborted } from './or-aborted.ts';

/** Lets works with the same key take turns, in the order they came. */
export class KeyedTurns {
  readonly #last = new Map<string, Promise<unknown>>();

  /**
   * Work that has begun goes on when the signal aborts; it may look at the signal itself.
   *
   * @throws the signal's reason when it aborts before the turn comes; and what `work` throws
   */
  run<T>(key: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    const waiting = new AbortController();
    const before = this.#last.get(key);
    const turn = (async () => {
      await before;
      signal.throwIfAborted();
      waiting.abort();
      return work();
    })();
    const settled = turn
      .catch(() => {})
      .finally(() => {
        if (this.#last.get(key) === settled) this.#last.delete(key);
      });
    this.#last.set(key, settled);
    return orAborted(turn, signal, waiting.signal);
  }
}
