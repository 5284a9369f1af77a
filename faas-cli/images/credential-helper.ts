import { spawn } from 'node:child_process';
import { FaasError } from '../../common/errors.ts';

/** A helper that waits for somebody to unlock a keychain must not hold a build for ever. */
const TIMEOUT_MS = 60_000;

export interface HelperCall {
  /** The name after `docker-credential-`. */
  readonly helper: string;
  readonly action: 'get' | 'store';
  readonly input: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
}

/**
 * Runs one of docker's credential helpers, without a shell, and returns what it printed; undefined when it has no
 * credentials. What it is asked goes through its stdin, so that nobody sees it in the list of processes.
 *
 * @throws FaasError `invalid_request` for a name that is none, or a program that is missing; `upstream_failed`
 */
export async function runCredentialHelper(call: HelperCall): Promise<string | undefined> {
  const { helper, action, input, env, signal } = call;
  if (!/^[A-Za-z0-9][\w.-]*$/.test(helper))
    throw new FaasError('invalid_request', `docker's config names the credential helper "${helper}", which is no name`);
  const program = `docker-credential-${helper}`;
  const child = spawn(program, [action], {
    env,
    stdio: ['pipe', 'pipe', 'pipe'],
    signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
  });
  let output = '';
  let errors = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  // It may end without reading.
  child.stdin.on('error', () => {}).end(input);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', (cause: NodeJS.ErrnoException) => reject(notStarted(program, cause)));
    child.on('close', resolve);
  });
  if (code === 0) return output;
  const why = (errors.trim() || output.trim() || `exit code ${code}`).split('\n')[0]!;
  // Fixed text of docker's helpers.
  if (action === 'get' && /credentials not found/i.test(why)) return undefined;
  throw new FaasError('upstream_failed', `the credential helper ${program} failed: ${why}`);
}

const notStarted = (program: string, cause: NodeJS.ErrnoException): Error =>
  cause.code === 'ENOENT'
    ? new FaasError(
        'invalid_request',
        `docker's config names the credential helper ${program}, which is not on the PATH; install it, or remove it from the config and run: faas-cli registry-login`,
        { cause },
      )
    : new FaasError('upstream_failed', `the credential helper ${program} did not answer: ${cause.message}`, { cause });
