import { execFile } from 'node:child_process';
import { access, constants, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { digestOf, hashTree } from '../build/hash-tree.ts';
import type { Context } from '../context.ts';
import { describeError } from '../print-error.ts';
import { type LoadedStack, loadStack } from '../stack/load-stack.ts';
import { findBuiltIn, findTemplate } from '../templates/find-template.ts';
import { VERSION } from '../version.ts';
import { type Finding, ok, problem, warning } from './check.ts';

/** Programs beside our own, and what for. */
const PROGRAMS = [
  ['npm', 'functions in JavaScript and TypeScript with dependencies'],
  ['git', 'template pull, and --tag sha'],
] as const;

export async function programChecks({ bundler, env, signal }: Context): Promise<readonly Finding[]> {
  const bundlerWorks = await access(bundler.program, constants.X_OK).then(
    () => true,
    () => false,
  );
  const found = await Promise.all(
    PROGRAMS.map(async ([program, purpose]) => {
      const version = await promisify(execFile)(program, ['--version'], { env, signal }).catch(() => undefined);
      if (version) return ok(program, version.stdout.trim());
      return warning(program, 'is not installed', `needed for ${purpose}`);
    }),
  );
  return [
    bundlerWorks
      ? ok('bundler', 'is there')
      : problem('bundler', `${bundler.program} is missing`, 'run "npm ci" in the checkout'),
    ...found,
  ];
}

/** The stack file of this folder, if any, and the templates that it names. */
export async function stackChecks(
  context: Context,
): Promise<{ findings: readonly Finding[]; stack: LoadedStack | undefined }> {
  let stack: LoadedStack | undefined;
  try {
    stack = await loadStack(context);
  } catch (error) {
    return { findings: [problem('stack file', describeError(error), 'mend it')], stack };
  }
  if (!stack) return { findings: [], stack };
  const languages = [...new Set(stack.functions.flatMap(({ lang, skipBuild }) => (lang && !skipBuild ? [lang] : [])))];
  const templates = await Promise.all(
    languages.map((lang) =>
      templateCheck(lang, context).catch((error) =>
        problem(
          'template',
          describeError(error).split('\n')[0]!,
          'run "faas-cli template pull stack", or correct "lang:"',
        ),
      ),
    ),
  );
  const misspelt = stack.warnings.map((line) => warning('stack file', line, 'correct it, or take it out'));
  const file = ok('stack file', `${stack.file}: ${stack.functions.length} function(s)`);
  return { findings: [file, ...misspelt, ...templates], stack };
}

/** Where a template is from, and whether that of the project is still the one that comes with this faas-cli. */
async function templateCheck(lang: string, context: Context): Promise<Finding> {
  const { folder } = await findTemplate(context, lang);
  const meta = await readFile(join(folder, 'meta.json'), 'utf8').then(JSON.parse, () => undefined);
  if (meta) return ok('template', `${lang} is there, of ${meta.repository} at ${String(meta.sha).slice(0, 7)}`);
  const builtIn = await findBuiltIn(context, lang).catch(() => undefined);
  const digest = (path: string) => digestOf('sha256', (hash) => hashTree(hash, path));
  if (!builtIn || (await digest(folder)) === (await digest(builtIn.folder))) return ok('template', `${lang} is there`);
  return warning(
    'template',
    `./template/${lang} is not the one of this faas-cli (${VERSION})`,
    `if that is not meant, remove ./template/${lang}, and the one of faas-cli is used`,
  );
}
