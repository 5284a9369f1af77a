import { BasicAuth, type Verdict } from './basic-auth.ts';
import type { Credentials } from './credentials.ts';
import { GuessLimit } from './guess-limit.ts';
import type { TokenStore } from './token-store.ts';

/** Who may use `/system/*`, and who may call functions that are not for everybody. */
export interface GatewayAuth {
  /** @param authorization the header; @param address where the request came from */
  system(authorization: string | undefined, address: string): Verdict;
  /** @param key `name.namespace` */
  call(authorization: string | undefined, address: string, key: string): Verdict;
}

export interface GatewayAuthOptions {
  /** Undefined: `/system/*` is for everybody. faas-cli sends an empty Bearer then, which is fine (contract 1.3). */
  readonly credentials: Credentials | undefined;
  readonly tokens: TokenStore;
  /** Wrong ones that an address may try in a burst; 0 is no limit. */
  readonly maxGuesses: number;
  readonly now?: () => number;
}

export function createGatewayAuth({
  credentials,
  tokens,
  maxGuesses,
  now = Date.now,
}: GatewayAuthOptions): GatewayAuth {
  const guesses = new GuessLimit(maxGuesses, now);
  const basic = credentials && new BasicAuth(credentials, guesses);

  const byToken = (
    authorization: string | undefined,
    address: string,
    allows: (token: ReturnType<TokenStore['find']> & {}) => boolean,
  ): Verdict => {
    const given = bearerOf(authorization);
    if (given === undefined) return 'denied';
    if (!guesses.mayGuess(address)) return 'too_many_guesses';
    const token = tokens.find(given);
    if (token === undefined) guesses.wrong(address);
    return token !== undefined && allows(token) ? 'granted' : 'denied';
  };

  return {
    system(authorization, address) {
      if (basic === undefined) return 'granted';
      if (bearerOf(authorization) === undefined) return basic.check(authorization, address);
      return byToken(authorization, address, ({ admin }) => admin);
    },
    call: (authorization, address, key) =>
      byToken(authorization, address, ({ functions }) => functions?.includes(key) ?? true),
  };
}

/** A token that was really given: `Bearer ` alone is none. */
const bearerOf = (authorization: string | undefined): string | undefined =>
  /^bearer +(\S+) *$/i.exec(authorization ?? '')?.[1];
