import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FaasError } from '../../common/errors.ts';
import type { Machine } from '../context.ts';

/** One entry of the configuration file (contract 5.1). */
export interface Login {
  /** Normalised URL. */
  readonly gateway: string;
  readonly auth: 'basic' | 'oauth2';
  /** basic: base64 of `user:password`; oauth2: a JWT. */
  readonly token: string;
  readonly options?: readonly { readonly name: string; readonly value: string }[];
}

type Env = Readonly<Record<string, string | undefined>>;

/** `$OPENFAAS_CONFIG`, `./.openfaas` in CI, else `~/.openfaas`. */
export function configFolder(env: Env, cwd: string, machine: Machine): string {
  if (env.OPENFAAS_CONFIG) return env.OPENFAAS_CONFIG;
  return env.CI === 'true' ? join(cwd, '.openfaas') : join(machine.home, '.openfaas');
}

/** The stored logins; none when there is no file. @throws FaasError `invalid_request` when the file cannot be read */
export async function readLogins(folder: string): Promise<readonly Login[]> {
  const file = join(folder, 'config.yml');
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return '';
    throw new FaasError('invalid_request', `cannot read ${file}: ${error.message}`, { cause: error });
  });
  if (text.trim() === '') return [];
  const { parse } = await import('yaml');
  const parsed: unknown = (() => {
    try {
      return parse(text);
    } catch (cause) {
      throw new FaasError('invalid_request', `${file} is not valid YAML; mend it, or remove it and log in again`, {
        cause,
      });
    }
  })();
  const auths = (parsed as { auths?: unknown } | null)?.auths;
  return Array.isArray(auths) ? auths.filter(isLogin) : [];
}

/** Stores a login in place of the gateway's former one: file 0600 in a folder 0700, whole or not at all. */
export async function storeLogin(folder: string, login: Login): Promise<void> {
  const others = (await readLogins(folder)).filter(({ gateway }) => gateway !== login.gateway);
  await writeLogins(folder, [...others, login]);
}

/** Forgets a gateway's login; false when there was none. */
export async function removeLogin(folder: string, gateway: string): Promise<boolean> {
  const logins = await readLogins(folder);
  const others = logins.filter((login) => login.gateway !== gateway);
  if (others.length === logins.length) return false;
  await writeLogins(folder, others);
  return true;
}

async function writeLogins(folder: string, auths: readonly Login[]): Promise<void> {
  const { stringify } = await import('yaml');
  const file = join(folder, 'config.yml');
  const temporary = `${file}.${crypto.randomUUID()}`;
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await writeFile(temporary, stringify({ auths }), { mode: 0o600 });
    await rename(temporary, file);
  } catch (cause) {
    await rm(temporary, { force: true });
    throw new FaasError('invalid_request', `cannot write ${file}: ${(cause as Error).message}`, { cause });
  }
}

function isLogin(entry: unknown): entry is Login {
  const login = entry as Partial<Login> | null;
  return typeof login?.gateway === 'string' && typeof login.token === 'string' && typeof login.auth === 'string';
}

/** The value of the `Authorization` header for a stored login. */
export const authorizationOf = (login: Pick<Login, 'auth' | 'token'>): string =>
  login.auth === 'basic' ? `Basic ${login.token}` : `Bearer ${login.token}`;

export const basicToken = (user: string, password: string): string =>
  Buffer.from(`${user}:${password}`).toString('base64');
