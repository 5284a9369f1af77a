import { isUtf8 } from 'node:buffer';
import { readFile, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { FaasError, isFaasError } from '../common/errors.ts';
import type { Context } from './context.ts';
import { readInput } from './read-input.ts';

/** What Kubernetes takes, and our embedded engine; some take less, and say so. */
const MAX_BYTES = 1024 * 1024;

export interface SecretFlags {
  readonly 'from-literal'?: string | undefined;
  readonly 'from-file'?: string | undefined;
  readonly trim: boolean;
}

export interface SecretValue {
  readonly value: Uint8Array;
  /** To be sent byte for byte, as files are. */
  readonly raw: boolean;
}

/**
 * A secret's value from `--from-literal`, `--from-file` or stdin. With `trim`, white space around text is removed;
 * what is no text stays as it is.
 *
 * @throws FaasError `invalid_request` for both flags, a file that cannot be read, no value, or one that is too large
 */
export async function readSecretValue(flags: SecretFlags, context: Context): Promise<SecretValue> {
  const { 'from-literal': literal, 'from-file': file } = flags;
  if (literal !== undefined && file !== undefined)
    throw new FaasError('invalid_request', '--from-literal and --from-file exclude each other; give one of them');
  const given =
    literal !== undefined
      ? Buffer.from(literal)
      : file !== undefined
        ? await readSecretFile(resolve(context.cwd, file), `--from-file ${file}`)
        : ((await readInput(context, true)) as Uint8Array);
  requireFits(given.length, 'the value');
  const value = trimmed(given, flags.trim);
  if (value.length === 0)
    throw new FaasError(
      'invalid_request',
      'the secret has no value; give it with --from-literal, --from-file or stdin',
    );
  return { value, raw: file !== undefined || !isUtf8(value) };
}

export const trimmed = (value: Uint8Array, trim: boolean): Uint8Array =>
  trim && isUtf8(value) ? Buffer.from(Buffer.from(value).toString('utf8').trim()) : value;

/** @param shown for messages */
export async function readSecretFile(path: string, shown: string): Promise<Uint8Array> {
  try {
    // Before it is read: a file that was mistaken for a secret may be larger than memory.
    requireFits((await stat(path)).size, shown);
    return await readFile(path);
  } catch (cause) {
    if (isFaasError(cause)) throw cause;
    const { code, message } = cause as NodeJS.ErrnoException;
    const why = code === 'ENOENT' ? 'there is no such file' : code === 'EISDIR' ? 'it is a folder' : message;
    throw new FaasError('invalid_request', `cannot read ${shown}: ${why}`, { cause });
  }
}

function requireFits(bytes: number, what: string): void {
  if (bytes > MAX_BYTES)
    throw new FaasError('invalid_request', `${what} has ${bytes} bytes; a secret may have ${MAX_BYTES}`);
}
