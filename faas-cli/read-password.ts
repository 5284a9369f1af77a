import { FaasError } from '../common/errors.ts';
import type { Context } from './context.ts';
import { readInput } from './read-input.ts';

/**
 * The password of `--password-stdin`, or of `--password`, which is warned of.
 *
 * @param instead a command line that does without
 * @throws FaasError `invalid_request` for both flags, or no password
 */
export async function readPassword(
  flags: { readonly password?: string | undefined; readonly 'password-stdin': boolean },
  instead: string,
  context: Context,
): Promise<string> {
  const { password: given, 'password-stdin': fromStdin } = flags;
  if (given !== undefined && fromStdin)
    throw new FaasError('invalid_request', '--password and --password-stdin exclude each other; give one of them');
  if (given !== undefined) context.stderr.write(`WARNING! Using --password is insecure, consider using: ${instead}\n`);
  const password = fromStdin ? await readStdin(context) : (given ?? '');
  if (password !== '') return password;
  throw new FaasError('invalid_request', 'give a password: --password-stdin reads it from stdin');
}

const readStdin = async (context: Context): Promise<string> =>
  Buffer.from((await readInput(context, true)) as Uint8Array)
    .toString('utf8')
    .trim();
