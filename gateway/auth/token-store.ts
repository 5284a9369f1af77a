import { createHash, randomBytes } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { FaasError } from '../../common/errors.ts';

/** Marks a token as ours where it is found, such as in a leaked file. */
const PREFIX = 'dunlin_';

/** What may be known of a token: never the token itself. */
export interface TokenInfo {
  readonly name: string;
  /** May use `/system/*` too. */
  readonly admin: boolean;
  /** The functions that it may call, as `name.namespace`; absent is all. */
  readonly functions?: readonly string[];
  /** RFC 3339. */
  readonly createdAt: string;
}

interface StoredToken extends TokenInfo {
  /** SHA-256 in hex. A token has 256 random bits, so no slow hash is needed to keep it from being guessed. */
  readonly hash: string;
}

/** Bearer tokens, in one file that only this user may read. Looking one up costs a hash and a look into a map. */
export class TokenStore {
  readonly #file: string;
  readonly #byHash = new Map<string, StoredToken>();
  #written: Promise<void> = Promise.resolve();

  /** Use {@link TokenStore.open}. */
  constructor(file: string, tokens: readonly StoredToken[]) {
    this.#file = file;
    for (const token of tokens) this.#byHash.set(token.hash, token);
  }

  /** @throws Error when the file is there but cannot be read */
  static async open(file: string): Promise<TokenStore> {
    return new TokenStore(file, await readTokens(file));
  }

  find(token: string): TokenInfo | undefined {
    return this.#byHash.get(hashOf(token));
  }

  /** Sorted by name. */
  list(): readonly TokenInfo[] {
    return [...this.#byHash.values()].map(({ hash, ...info }) => info).sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** @returns the token, which is shown this once. @throws FaasError `invalid_request` when the name is taken */
  async create(info: TokenInfo): Promise<string> {
    if (this.#named(info.name) !== undefined)
      throw new FaasError(
        'invalid_request',
        `there is a token named ${info.name}; revoke it first, or choose another name`,
      );
    const token = PREFIX + randomBytes(32).toString('base64url');
    const hash = hashOf(token);
    this.#byHash.set(hash, { ...info, hash });
    await this.#write();
    return token;
  }

  /** @throws FaasError `not_found` */
  async revoke(name: string): Promise<void> {
    const token = this.#named(name);
    if (token === undefined)
      throw new FaasError('not_found', `there is no token named ${name}; faas-cli token list shows those that are`);
    this.#byHash.delete(token.hash);
    await this.#write();
  }

  #named(name: string): StoredToken | undefined {
    return this.#byHash.values().find((token) => token.name === name);
  }

  /** One after the other; whole or not at all. */
  #write(): Promise<void> {
    const write = async (): Promise<void> => {
      const unfinished = `${this.#file}.new`;
      await writeFile(unfinished, JSON.stringify([...this.#byHash.values()]), { mode: 0o600, flush: true });
      await rename(unfinished, this.#file);
    };
    this.#written = this.#written.then(write, write);
    return this.#written;
  }
}

const hashOf = (token: string): string => createHash('sha256').update(token).digest('hex');

async function readTokens(file: string): Promise<readonly StoredToken[]> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as StoredToken[];
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw new Error(`cannot read the tokens in ${file} (${(cause as Error).message}); mend or remove it`, { cause });
  }
}
