import { FaasError } from '../../common/errors.ts';
import { keyValues } from '../stack/key-values.ts';
import type { LoadedStack } from '../stack/load-stack.ts';
import type { StackFunction } from '../stack/stack.ts';
import type { BuildJob } from './build-function.ts';
import { checkBuilder } from './choose-builder.ts';
import { checkTagFormat } from './image-tag.ts';

export interface JobFlags {
  readonly tag: string;
  readonly builder?: string | undefined;
  readonly 'build-arg': readonly string[];
  readonly 'build-option': readonly string[];
  readonly 'copy-extra': readonly string[];
}

/**
 * What to build of a stack: functions with a template that are not marked `skip_build`.
 *
 * @throws FaasError `invalid_request` for a builder that there is not, or a function without a handler or a template
 */
export function jobsOf(stack: LoadedStack, flags: JobFlags): readonly BuildJob[] {
  checkBuilder(flags.builder);
  checkTagFormat(flags.tag);
  for (const fn of stack.functions) checkLang(fn);
  return stack.functions.filter(isBuilt).map((fn) => ({
    name: fn.name,
    lang: fn.lang!,
    handler: fn.handler ?? missingHandler(fn),
    copy: [...stack.copy, ...flags['copy-extra']],
    buildArgs: { ...fn.buildArgs, ...keyValues('build-arg', flags['build-arg']) },
    buildOptions: [...fn.buildOptions, ...flags['build-option']],
  }));
}

/** Whether there is something to build and to push. */
export const isBuilt = (fn: StackFunction): boolean => fn.lang !== undefined && !fn.skipBuild;

function checkLang({ name, lang, handler, skipBuild }: StackFunction): void {
  if (handler === undefined || lang !== undefined || skipBuild) return;
  throw new FaasError(
    'invalid_request',
    `function ${name} has a handler but no lang; add the template's name, such as "lang: typescript", or "skip_build: true" when its image is there already`,
  );
}

function missingHandler({ name }: StackFunction): never {
  throw new FaasError('invalid_request', `function ${name} has no handler; add --handler FOLDER`);
}
