import { createHash, timingSafeEqual } from 'node:crypto';
import type { Credentials } from './credentials.ts';
import { GuessLimit } from './guess-limit.ts';

export type Verdict = 'granted' | 'denied' | 'too_many_guesses';

/** Decides by an Authorization header and the address it came from. */
export interface Authenticator {
  check(authorization: string | undefined, address: string): Verdict;
}

/** Lets everybody in, whatever the header says; faas-cli sends an empty Bearer then (contract 1.3). */
export const noAuth: Authenticator = { check: () => 'granted' };

/** HTTP Basic. Compares hashes, so that neither length nor content shows in the time it takes. */
export class BasicAuth implements Authenticator {
  readonly #expected: Buffer;
  readonly #guesses: GuessLimit;

  /** @param maxGuesses wrong passwords one address may try in a burst; 0 is no limit */
  constructor({ user, password }: Credentials, maxGuesses: number, now: () => number = Date.now) {
    this.#expected = digest(`${user}:${password}`);
    this.#guesses = new GuessLimit(maxGuesses, now);
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
