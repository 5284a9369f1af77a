import { execFile } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { Context } from '../context.ts';
import { describeError } from '../print-error.ts';
import { type LoadedStack, loadStack } from '../stack/load-stack.ts';
import { findTemplate } from '../templates/find-template.ts';
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
      findTemplate(context, lang).then(
        () => ok('template', `${lang} is there`),
        (error) =>
          problem(
            'template',
            describeError(error).split('\n')[0]!,
            'run "faas-cli template pull stack", or correct "lang:"',
          ),
      ),
    ),
  );
  return { findings: [ok('stack file', `${stack.file}: ${stack.functions.length} function(s)`), ...templates], stack };
}
