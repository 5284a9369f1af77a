import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FaasError } from '../../common/errors.ts';
import type { Context } from '../context.ts';
import { download } from '../download.ts';
import { select } from './select.ts';
import { parseStack, type Stack } from './stack.ts';
import { substitute } from './substitute.ts';

const DEFAULT_FILES = ['stack.yaml', 'stack.yml'];
/** For a stack file at a URL (contract 4.1). */
const FETCH_TIMEOUT_MS = 120_000;

/** A stack file with the functions that the global flags pick. */
export interface LoadedStack extends Stack {
  /** As named by the user. */
  readonly file: string;
}

/**
 * The stack file that `--yaml` names, else stack.yaml, else stack.yml; undefined when there is none of these two.
 *
 * @throws FaasError `invalid_request`
 */
export async function loadStack(
  context: Context,
  options: { readonly envsubst?: boolean | undefined } = {},
): Promise<LoadedStack | undefined> {
  const file = context.global.yaml ?? (await firstOf(context.cwd, DEFAULT_FILES));
  if (file === undefined) return undefined;
  const raw = /^https?:\/\//.test(file)
    ? await download('the stack file', file, FETCH_TIMEOUT_MS, context.signal)
    : await readStackFile(context.cwd, file);
  const text = options.envsubst === false ? raw : substitute(raw, context.env, file);
  const stack = parseStack(text, file);
  return { ...stack, file, functions: select(stack.functions, context.global) };
}

/** Like {@link loadStack}, for commands that cannot do without. */
export async function requireStack(
  context: Context,
  options: { readonly envsubst?: boolean | undefined },
): Promise<LoadedStack> {
  const stack = await loadStack(context, options);
  if (!stack)
    throw new FaasError(
      'invalid_request',
      `no stack.yaml in ${context.cwd}; make a function with "faas-cli new NAME --lang LANGUAGE", or name a stack file with -f`,
    );
  if (stack.functions.length === 0)
    throw new FaasError(
      'invalid_request',
      `the stack file ${stack.file} has no functions; add one with "faas-cli new NAME --lang LANGUAGE"`,
    );
  return stack;
}

/** Where a stack file stands, for who writes to it. */
export async function stackFile(context: Context): Promise<string> {
  return context.global.yaml ?? (await firstOf(context.cwd, DEFAULT_FILES)) ?? DEFAULT_FILES[0]!;
}

async function firstOf(cwd: string, files: readonly string[]): Promise<string | undefined> {
  for (const file of files) {
    const found = await access(join(cwd, file)).then(
      () => true,
      () => false,
    );
    if (found) return file;
  }
  return undefined;
}

/** @throws FaasError `invalid_request`, whose cause is the system's error */
export async function readStackFile(cwd: string, file: string): Promise<string> {
  try {
    return await readFile(file.startsWith('/') ? file : join(cwd, file), 'utf8');
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const why = code === 'ENOENT' ? 'there is no such file' : code === 'EISDIR' ? 'it is a folder' : message;
    throw new FaasError('invalid_request', `cannot read the stack file ${file}: ${why}`, { cause });
  }
}
