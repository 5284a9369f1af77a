import { lstat, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FaasError } from '../../common/errors.ts';
import type { Machine } from '../context.ts';
import { basicToken } from './credentials.ts';
import { normalise } from './gateway-url.ts';

/** What a running gateway leaves in `gateway.json` of its data folder. */
interface Notice {
  readonly url: string;
  readonly pid?: number;
  readonly userFile: string;
  readonly passwordFile: string;
}

/**
 * The basic token of a gateway that this user runs on this machine, so that its owner need not log in. undefined when
 * there is none at that URL.
 *
 * @param wanted with `running` a notice only counts while its gateway's process is there; one that was killed leaves it
 * @throws FaasError `invalid_request` when the notice belongs to somebody else, who could be after our secrets, and
 *   `any` was wanted
 */
export async function localToken(
  url: string,
  env: Readonly<Record<string, string | undefined>>,
  machine: Machine,
  wanted: 'any' | 'running' = 'any',
): Promise<string | undefined> {
  const file = join(dataFolder(env, machine), 'gateway.json');
  const reading = readNotice(file, machine);
  const notice = await (wanted === 'any' ? reading : reading.catch(() => undefined));
  if (!notice || !sameGateway(normalise(notice.url), url)) return undefined;
  if (wanted === 'running' && !(await isRunning(notice))) return undefined;
  try {
    const [user, password] = await Promise.all(
      [notice.userFile, notice.passwordFile].map((path) => readFile(path, 'utf8')),
    );
    return basicToken(user!.trim(), password!.trim());
  } catch {
    // Credentials that have gone: the gateway will say 401, and what to do.
    return undefined;
  }
}

/** The gateway's data folder, by the rule that the gateway uses. */
export function dataFolder(env: Readonly<Record<string, string | undefined>>, machine: Machine): string {
  if (env.DUNLIN_DATA) return env.DUNLIN_DATA;
  if (machine.uid === 0) return '/var/lib/dunlin';
  return join(env.XDG_STATE_HOME || join(machine.home, '.local', 'state'), 'dunlin');
}

async function readNotice(file: string, machine: Machine): Promise<Notice | undefined> {
  const stat = await lstat(file).catch(() => undefined);
  if (!stat?.isFile()) return undefined;
  if (machine.uid !== undefined && stat.uid !== machine.uid)
    throw new FaasError(
      'invalid_request',
      `${file} belongs to user ${stat.uid}, not to you (${machine.uid}); remove it, or set DUNLIN_DATA to your gateway's folder`,
    );
  try {
    const notice = JSON.parse(await readFile(file, 'utf8')) as Partial<Notice>;
    const complete = [notice.url, notice.userFile, notice.passwordFile].every((text) => typeof text === 'string');
    return complete ? (notice as Notice) : undefined;
  } catch {
    return undefined;
  }
}

const isRunning = async ({ pid }: Notice): Promise<boolean> =>
  pid !== undefined && (await lstat(`/proc/${pid}`).catch(() => undefined)) !== undefined;

/** The same port by any of loopback's names. */
function sameGateway(a: string, b: string): boolean {
  const loopback = (url: string) =>
    url.replace(/^http:\/\/(localhost|\[::1\]|0\.0\.0\.0)(?=[:/]|$)/, 'http://127.0.0.1');
  return loopback(a) === loopback(b);
}
