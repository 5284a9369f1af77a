import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { FaasError } from '../../common/errors.ts';

export interface PullRequest {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
  /** `URL`, `URL#ref` or `URL#sha-<hex>`; a path of a repository, too. */
  readonly repository: string;
  /** Only this one. */
  readonly only?: string | undefined;
  /** Folder that it becomes; its own name without it. */
  readonly as?: string | undefined;
  /** Replaces templates that are there. */
  readonly overwrite: boolean;
}

export interface Pulled {
  readonly written: readonly string[];
  /** There already, and left as they were. */
  readonly kept: readonly string[];
}

/**
 * Fetches templates from a git repository's `template/` folder into `./template`, each with `meta.json` (contract 5.5).
 *
 * @throws FaasError `invalid_request` when git cannot fetch it, or it holds no templates
 */
export async function pullTemplates(request: PullRequest): Promise<Pulled> {
  const { cwd, signal } = request;
  const [url, ref = ''] = splitRef(request.repository);
  const clone = await mkdtemp(join(tmpdir(), 'faas-templates-'));
  try {
    await fetchInto(clone, url, ref, request);
    const source = join(clone, 'template');
    const names = (await readdir(source, { withFileTypes: true }).catch(() => []))
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name)
      .filter((name) => request.only === undefined || name === request.only)
      .sort();
    if (names.length === 0) throw new FaasError('invalid_request', nothingIn(request, url));
    const sha = (await git(['rev-parse', 'HEAD'], clone, request)).trim();
    const meta = { repository: url, ref_name: ref, sha, written_at: new Date().toISOString() };
    const written: string[] = [];
    const kept: string[] = [];
    for (const name of names) {
      signal.throwIfAborted();
      const target = request.as ?? name;
      const taken = (await stat(join(cwd, 'template', target)).catch(() => undefined)) !== undefined;
      if (taken && !request.overwrite) {
        kept.push(target);
        continue;
      }
      await place(join(source, name), join(cwd, 'template', target), meta);
      written.push(target);
    }
    return { written, kept };
  } finally {
    await rm(clone, { recursive: true, force: true });
  }
}

const nothingIn = ({ only }: PullRequest, url: string): string =>
  only === undefined
    ? `the repository ${url} has no templates: it needs a folder "template" with one folder for each language`
    : `the repository ${url} has no template "${only}"`;

/** `URL#ref`; a `#` cannot be in a URL of git. */
function splitRef(repository: string): [string, string | undefined] {
  const hash = repository.indexOf('#');
  return hash === -1 ? [repository, undefined] : [repository.slice(0, hash), repository.slice(hash + 1)];
}

async function fetchInto(clone: string, url: string, ref: string, request: PullRequest): Promise<void> {
  const sha = /^sha-([0-9a-f]{7,40})$/.exec(ref)?.[1];
  try {
    if (sha === undefined)
      // What begins with "-" would be an option.
      await git(['clone', '--quiet', '--depth=1', ...(ref ? [`--branch=${ref}`] : []), '--', url, clone], '/', request);
    else {
      await git(['clone', '--quiet', '--no-checkout', '--', url, clone], '/', request);
      await git(['checkout', '--quiet', '--detach', sha], clone, request);
    }
  } catch (cause) {
    request.signal.throwIfAborted();
    throw new FaasError('invalid_request', `cannot fetch ${request.repository}: ${gitMessage(cause as Error)}`, {
      cause,
    });
  }
}

async function git(args: readonly string[], cwd: string, { env, signal }: PullRequest): Promise<string> {
  // Never ask for a password: nobody may be there.
  const options = { cwd, env: { ...env, GIT_TERMINAL_PROMPT: '0' }, signal };
  const { stdout } = await promisify(execFile)('git', [...args], options);
  return stdout;
}

function gitMessage(error: Error & { stderr?: string; code?: unknown }): string {
  if (error.code === 'ENOENT') return 'git is not installed';
  const line = error.stderr?.split('\n').findLast((text) => /^(fatal|error):/.test(text));
  return line?.replace(/^(fatal|error): /, '') ?? error.message;
}

/** Whole or not at all. */
async function place(from: string, to: string, meta: object): Promise<void> {
  const temporary = `${to}.${crypto.randomUUID()}.tmp`;
  try {
    await mkdir(join(to, '..'), { recursive: true });
    await cp(from, temporary, { recursive: true, verbatimSymlinks: true });
    await writeFile(join(temporary, 'meta.json'), `${JSON.stringify(meta, null, 2)}\n`);
    await rm(to, { recursive: true, force: true });
    await rename(temporary, to);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}
