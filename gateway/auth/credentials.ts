import { randomBytes } from 'node:crypto';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Names of the files, as OpenFaaS has them (contract 1.3). */
const USER_FILE = 'basic-auth-user';
const PASSWORD_FILE = 'basic-auth-password';
const DEFAULT_USER = 'admin';

export interface Credentials {
  readonly user: string;
  readonly password: string;
}

export interface CredentialFiles {
  readonly userFile: string;
  readonly passwordFile: string;
}

export const credentialFiles = (folder: string): CredentialFiles => ({
  userFile: join(folder, USER_FILE),
  passwordFile: join(folder, PASSWORD_FILE),
});

/**
 * The trimmed contents of both files.
 *
 * @throws Error that names the file and the remedy
 */
export async function readCredentials(folder: string): Promise<Credentials> {
  const { userFile, passwordFile } = credentialFiles(folder);
  return { user: await readTrimmed(userFile), password: await readTrimmed(passwordFile) };
}

/** Those of an earlier start, or new ones: user admin, 32 random bytes; readable by this user only. */
export async function ensureCredentials(folder: string): Promise<Credentials> {
  const { userFile, passwordFile } = credentialFiles(folder);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await chmod(folder, 0o700);
  await writeOnce(passwordFile, randomBytes(32).toString('base64url'));
  await writeOnce(userFile, DEFAULT_USER);
  return readCredentials(folder);
}

async function writeOnce(file: string, content: string): Promise<void> {
  try {
    await writeFile(file, content, { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

async function readTrimmed(file: string): Promise<string> {
  let content: string;
  try {
    content = (await readFile(file, 'utf8')).trim();
  } catch (cause) {
    throw new Error(`cannot read ${file} (${(cause as Error).message}); write it, or set basic_auth=false`, { cause });
  }
  if (content === '') throw new Error(`${file} is empty; write the credential into it, or set basic_auth=false`);
  return content;
}
