import { buildAll } from '../build/build-all.ts';
import { jobsOf } from '../build/jobs.ts';
import { functionsOf } from '../stack/functions-of.ts';
import { pullMissing } from '../templates/pull-missing.ts';
import { defineCommand } from './command.ts';
import { buildFlags, envsubstFlags, singleFlags, tagFlags } from './flag-sets.ts';

export const build = defineCommand({
  usage: '[-f STACK.YAML] [flags]',
  description: 'Makes a bundle of each function, ./build/NAME.tar, for the embedded engine.',
  examples: [
    'faas-cli build',
    'faas-cli build --filter "img-*" --parallel 4',
    'faas-cli build --lang python3 --handler ./hi --image hi:latest --name hi',
  ],
  flags: { ...buildFlags, ...singleFlags, ...envsubstFlags, ...tagFlags },
  async run(context, _args, flags) {
    const stack = await functionsOf(context, flags);
    if (!flags['disable-stack-pull']) await pullMissing(stack, context);
    await buildAll(
      { ...flags, noCache: flags['no-cache'], jobs: jobsOf(stack, flags), stdout: context.stdout },
      context,
    );
  },
});
