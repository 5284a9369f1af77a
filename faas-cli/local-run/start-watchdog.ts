import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FaasError } from '../../common/errors.ts';
import { freePort } from '../../common/free-port.ts';
import { MANIFEST_FILE, parseManifest } from '../../provider/wire/bundle.ts';
import { bundleFile } from '../build/build-function.ts';
import type { Context } from '../context.ts';
import { requireFreePort } from '../require-free-port.ts';
import type { StackFunction } from '../stack/stack.ts';
import { extractOwnBundle } from './extract.ts';
import { localEnvironment } from './local-environment.ts';
import {
  type LocalFunction,
  type LocalFunctionOptions,
  notBuilt,
  ranOut,
  runningLine,
  shellWord,
} from './local-function.ts';

type Place = Pick<Context, 'cwd' | 'env' | 'stdout' | 'stderr' | 'watchdog'>;

/**
 * Starts a function's bundle under the watchdog, without Docker; undefined when the command was only to be printed.
 *
 * @param variables the function's own, all merged
 */
export async function startWatchdog(
  fn: StackFunction,
  variables: Readonly<Record<string, string>>,
  { port: wanted, print }: LocalFunctionOptions,
  place: Place,
): Promise<LocalFunction | undefined> {
  const scratch = await mkdtemp(join(tmpdir(), 'faas-local-'));
  const removeScratch = () => rm(scratch, { recursive: true, force: true });
  try {
    const folder = join(scratch, 'function');
    await extractOwnBundle(bundleFile(place.cwd, fn.name), folder).catch((cause: NodeJS.ErrnoException) => {
      throw cause.code === 'ENOENT' ? notBuilt(fn.name, cause) : cause;
    });
    const env = localEnvironment({
      fn,
      manifest: parseManifest(await readFile(join(folder, MANIFEST_FILE), 'utf8')),
      folder,
      port: wanted === 0 ? await freePort() : wanted,
      variables,
      secretsFolder: join(place.cwd, '.secrets'),
      scratch,
      path: place.env.PATH ?? '/usr/bin:/bin',
    });
    if (print) {
      const words = Object.entries(env).map(([key, value]) => `${key}=${shellWord(value)}`);
      place.stdout.write(`cd ${folder} && env -i ${words.join(' ')} ${place.watchdog}\n`);
      await removeScratch();
      return undefined;
    }
    await checkWatchdog(place.watchdog);
    await requireFreePort(wanted);
    return run(env, folder, removeScratch, place);
  } catch (error) {
    await removeScratch();
    throw error;
  }
}

async function checkWatchdog(program: string): Promise<void> {
  await access(program).catch((cause) => {
    throw new FaasError('not_found', `the watchdog ${program} is missing; "npm start" in the checkout builds it`, {
      cause,
    });
  });
}

function run(
  env: Record<string, string>,
  folder: string,
  removeScratch: () => Promise<void>,
  { watchdog, stdout, stderr }: Place,
): LocalFunction {
  const name = env.OPENFAAS_NAME!;
  stdout.write(runningLine(name, env.port!));
  // A group of its own: Ctrl-C reaches it by us, so that calls in flight may end.
  const child = spawn(watchdog, { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  child.stdout.on('data', (chunk) => stdout.write(chunk));
  child.stderr.on('data', (chunk) => stderr.write(chunk));
  const exited = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>;
  let closed: Promise<void> | undefined;
  const close = async () => {
    // The watchdog ends its function's processes.
    child.kill('SIGTERM');
    await exited.catch(() => undefined);
    await removeScratch();
  };
  return {
    ended: exited.then(([code, signal]) =>
      closed ? new Promise<never>(() => {}) : Promise.reject(ranOut(name, signal ?? `exit code ${code}`)),
    ),
    close: () => (closed ??= close()),
  };
}
