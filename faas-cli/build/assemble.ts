import { cp, lstat, mkdir, readdir, realpath, rm, stat } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { FaasError } from '../../common/errors.ts';
import type { Template } from '../templates/template.ts';

export interface ContextParts {
  readonly cwd: string;
  readonly name: string;
  readonly template: Template;
  /** The handler's folder, as in the stack file. */
  readonly handler: string;
  /** Further paths (`configuration.copy`, `--copy-extra`). */
  readonly extras: readonly string[];
}

export interface BuildContext {
  /** `./build/<name>`. */
  readonly folder: string;
  /** Where the handler's files are in it. */
  readonly handlerFolder: string;
  /** The handler's own folder. */
  readonly source: string;
  /** Paths in the context that the extras have. */
  readonly extras: readonly string[];
}

/** Entries of a handler that are no part of the function (contract 5.6); dependencies are installed on their own. */
const NOT_COPIED = ['build', 'template', 'node_modules', '.git', '.secrets'];

/**
 * Makes a function's build context anew: the template's files, over them the handler's, then extra paths
 * (contract 5.6, steps 1 to 3).
 *
 * @throws FaasError `invalid_request` for a handler or an extra path that is missing or outside the project
 */
export async function assembleContext(parts: ContextParts): Promise<BuildContext> {
  const { cwd, name, template } = parts;
  const folder = join(cwd, 'build', name);
  const source = await insideProject(cwd, parts.handler, `the handler of ${name}`);
  if (!(await stat(source)).isDirectory())
    throw new FaasError('invalid_request', `the handler of ${name}, ${parts.handler}, is a file; name its folder`);
  const entries = (await readdir(source)).filter((entry) => !NOT_COPIED.includes(entry));
  if (entries.length === 0)
    throw new FaasError(
      'invalid_request',
      `the handler of ${name}, ${parts.handler}, is an empty folder; "faas-cli new" makes one with a handler`,
    );
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const isDockerfile = template.name === 'dockerfile';
  const handlerFolder = isDockerfile ? folder : join(folder, template.handlerFolder);
  if (!isDockerfile) await cp(template.folder, folder, { recursive: true, verbatimSymlinks: true });
  await mkdir(handlerFolder, { recursive: true });
  // Each entry on its own: the handler may be the project itself, which holds the context.
  for (const entry of entries) await copy(join(source, entry), join(handlerFolder, entry));
  const extras: string[] = [];
  for (const extra of parts.extras) {
    const from = await insideProject(cwd, extra, 'the extra path');
    if (from === (await realpath(cwd)))
      throw new FaasError('invalid_request', `the extra path ${extra} is the whole project; name a part of it`);
    const to = join(handlerFolder, relative(await realpath(cwd), from));
    await mkdir(dirname(to), { recursive: true });
    await copy(from, to);
    extras.push(relative(folder, to));
  }
  return { folder, handlerFolder, source, extras };
}

/** @throws FaasError `invalid_request` for what no bundle and no image can have */
async function copy(from: string, to: string): Promise<void> {
  const filter = async (path: string) => {
    // Node gives no bytes for names, but this character for those that are no UTF-8, and then finds no such file.
    if (path.includes('\ufffd'))
      throw new FaasError('invalid_request', `the name of ${path} is no UTF-8; rename the file`);
    const found = await lstat(path);
    if (found.isFile() || found.isDirectory() || found.isSymbolicLink()) return true;
    throw new FaasError('invalid_request', `${path} is a pipe, a socket or a device; move it out of the project`);
  };
  await cp(from, to, { recursive: true, verbatimSymlinks: true, filter });
}

async function insideProject(cwd: string, path: string, what: string): Promise<string> {
  const project = await realpath(cwd);
  const target = await realpath(resolve(cwd, path)).catch((cause: NodeJS.ErrnoException) => {
    const why =
      cause.code === 'ENOENT' || cause.code === 'ENOTDIR' ? 'does not exist' : `cannot be read: ${cause.message}`;
    throw new FaasError('invalid_request', `${what}, ${path}, ${why}; it is looked for in ${cwd}`, { cause });
  });
  if (target === project || target.startsWith(project + sep)) return target;
  throw new FaasError(
    'invalid_request',
    `${what}, ${path}, is outside the project ${cwd}; move it in, or run from above`,
  );
}
