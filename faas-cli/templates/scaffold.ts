import { access, appendFile, chmod, cp, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { parseDocument } from 'yaml';
import { FaasError } from '../../common/errors.ts';
import { parseStack } from '../stack/stack.ts';
import type { Template } from './template.ts';

/** What goes into the stack file for a new function. */
export interface NewFunction {
  readonly name: string;
  readonly lang: string;
  /** Folder, relative to the project. */
  readonly handler: string;
  readonly image: string;
  readonly limits?: Readonly<Record<string, string>> | undefined;
  readonly requests?: Readonly<Record<string, string>> | undefined;
}

/** Keeps the template beside the project's code, as a pull does. */
export async function keepTemplate(cwd: string, template: Template): Promise<void> {
  const folder = join(cwd, 'template', template.name);
  if (template.folder === folder) return;
  if (
    await stat(join(cwd, 'template')).then(
      (found) => !found.isDirectory(),
      () => false,
    )
  )
    throw new FaasError(
      'invalid_request',
      'template is a file; move it away: templates are kept in a folder of that name',
    );
  const temporary = `${folder}.${crypto.randomUUID()}.tmp`;
  try {
    await cp(template.folder, temporary, { recursive: true, verbatimSymlinks: true });
    await rm(folder, { recursive: true, force: true });
    await rename(temporary, folder);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/** Copies the template's handler. @throws FaasError `invalid_request` when the folder is there */
export async function copyHandler(cwd: string, handler: string, template: Template): Promise<void> {
  const folder = resolve(cwd, handler);
  const inside = relative(cwd, folder);
  if (inside === '' || inside.startsWith('..'))
    throw new FaasError('invalid_request', `--handler ${handler} is not inside ${cwd}; name a folder of the project`);
  if (await exists(folder))
    throw new FaasError(
      'invalid_request',
      `the folder ${handler} is there already; choose another name, or --handler FOLDER`,
    );
  const skeleton = join(template.folder, template.handlerFolder);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  try {
    await cp(skeleton, folder, { recursive: true, verbatimSymlinks: true });
    await chmod(folder, 0o700);
  } catch (error) {
    // Half of it would be taken for the user's own next time.
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

/**
 * Adds a function to the text of a stack file, whose comments stay; starts a new one for `undefined`.
 *
 * @throws FaasError `invalid_request` when the text is no stack file, or has the function already
 */
export function addToStack(text: string | undefined, file: string, gateway: string, fn: NewFunction): string {
  const { name, ...members } = fn;
  const document = parseDocument(
    text ?? `version: 1.0\nprovider:\n  name: openfaas\n  gateway: ${gateway}\nfunctions: {}\n`,
  );
  const stack = text === undefined ? undefined : parseStack(text, file);
  if (stack?.functions.some((known) => known.name === name))
    throw new FaasError(
      'invalid_request',
      `the stack file ${file} has a function ${name} already; choose another name`,
    );
  const entry = Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
  const functions = document.get('functions', true) as { flow?: boolean } | undefined;
  if (!functions || stack?.functions.length === 0) document.set('functions', document.createNode({}));
  document.setIn(['functions', name], document.createNode(entry));
  const map = document.get('functions', true) as unknown as { flow?: boolean };
  map.flow = false;
  return document.toString({ lineWidth: 0 });
}

/** Adds what no repository should hold to .gitignore. */
export async function ignoreBuilt(cwd: string): Promise<void> {
  const file = join(cwd, '.gitignore');
  const text = await readFile(file, 'utf8').catch(() => '');
  const missing = ['template', 'build', '.secrets'].filter(
    (entry) => !text.split('\n').some((line) => line.trim() === entry),
  );
  if (missing.length === 0) return;
  await appendFile(file, `${text === '' || text.endsWith('\n') ? '' : '\n'}${missing.join('\n')}\n`);
}

/** Whole or not at all. */
export async function writeWhole(file: string, text: string): Promise<void> {
  const temporary = `${file}.${crypto.randomUUID()}.tmp`;
  await writeFile(temporary, text);
  await rename(temporary, file);
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
