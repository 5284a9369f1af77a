import { FaasError } from '../../common/errors.ts';
import type { Context } from '../context.ts';
import { type LoadedStack, requireStack } from './load-stack.ts';
import type { StackFunction } from './stack.ts';

/** Flags that name one function without a stack file. */
export interface SingleFlags {
  readonly name?: string | undefined;
  readonly image?: string | undefined;
  readonly lang?: string | undefined;
  readonly handler?: string | undefined;
  readonly envsubst: boolean;
}

/**
 * The function that flags name, when there is no `-f` beside them; else those of the stack file, whose warnings are
 * printed.
 */
export async function functionsOf(context: Context, flags: SingleFlags): Promise<LoadedStack> {
  if (flags.image === undefined || context.global.yaml !== undefined) {
    const stack = await requireStack(context, flags);
    for (const line of stack.warnings) context.stderr.write(`${line}\n`);
    return stack;
  }
  if (flags.name === undefined)
    throw new FaasError('invalid_request', '--image needs --name, the name of the function');
  const functions = [single(flags.name, flags.image, flags)];
  return { file: 'the command line', functions, templates: [], copy: [], warnings: [] };
}

const single = (name: string, image: string, flags: SingleFlags): StackFunction => ({
  name,
  image,
  lang: flags.lang,
  handler: flags.handler,
  environment: {},
  environmentFiles: [],
  secrets: [],
  labels: {},
  annotations: {},
  constraints: [],
  readonlyRootFilesystem: false,
  skipBuild: flags.lang === undefined,
  buildOptions: [],
  buildArgs: {},
  buildSecrets: {},
});
