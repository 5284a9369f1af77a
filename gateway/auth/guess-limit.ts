/** Addresses remembered at once; beyond them the one that guessed longest ago is forgotten. */
const MAX_ADDRESSES = 10_000;

interface Bucket {
  tokens: number;
  at: number;
}

/** A token bucket per address: `burst` wrong guesses at once, one more each second. */
export class GuessLimit {
  readonly #burst: number;
  readonly #now: () => number;
  readonly #buckets = new Map<string, Bucket>();

  /** @param burst 0 is no limit */
  constructor(burst: number, now: () => number) {
    this.#burst = burst;
    this.#now = now;
  }

  mayGuess(address: string): boolean {
    return this.#burst === 0 || this.#tokens(this.#buckets.get(address)) >= 1;
  }

  /** Counts a wrong guess. */
  wrong(address: string): void {
    if (this.#burst === 0) return;
    const tokens = this.#tokens(this.#buckets.get(address)) - 1;
    this.#buckets.delete(address);
    this.#buckets.set(address, { tokens, at: this.#now() });
    if (this.#buckets.size > MAX_ADDRESSES) this.#buckets.delete(this.#buckets.keys().next().value!);
  }

  #tokens(bucket: Bucket | undefined): number {
    if (bucket === undefined) return this.#burst;
    return Math.min(this.#burst, bucket.tokens + (this.#now() - bucket.at) / 1000);
  }
}
