import { createHash, timingSafeEqual } from 'node:crypto';
import type { Credentials } from './credentials.ts';
import type { GuessLimit } from './guess-limit.ts';

export type Verdict = 'granted' | 'denied' | 'too_many_guesses';

/** HTTP Basic. Compares hashes, so that neither length nor content shows in the time it takes. */
export class BasicAuth {
  readonly #expected: Buffer;
  readonly #guesses: GuessLimit;

  constructor({ user, password }: Credentials, guesses: GuessLimit) {
    this.#expected = digest(`${user}:${password}`);
    this.#guesses = guesses;
  }

  check(authorization: string | undefined, address: string): Verdict {
    const given = /^basic +([a-z0-9+/=_-]+) *$/i.exec(authorization ?? '')?.[1];
    // No password was tried, so nothing is learnt from the answer.
    if (given === undefined) return 'denied';
    // Asked first: whoever guesses too fast does not learn when a guess is right.
    if (!this.#guesses.mayGuess(address)) return 'too_many_guesses';
    if (timingSafeEqual(digest(Buffer.from(given, 'base64').toString('utf8')), this.#expected)) return 'granted';
    this.#guesses.wrong(address);
    return 'denied';
  }
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
