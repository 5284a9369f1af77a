import { checkBuilder, gatewayBuilder } from '../build/choose-builder.ts';
import { jobsOf } from '../build/jobs.ts';
import { buildWith } from '../images/build-with.ts';
import { connectionOf } from '../stack/connect-with-stack.ts';
import { functionsOf } from '../stack/functions-of.ts';
import { pullMissing } from '../templates/pull-missing.ts';
import { defineCommand } from './command.ts';
import { buildFlags, envsubstFlags, gatewayFlags, singleFlags, tagFlags } from './flag-sets.ts';

/** The gateway is only asked what it runs. */
const GATEWAY_TIMEOUT_MS = 3000;

export const build = defineCommand({
  usage: '[-f STACK.YAML] [flags]',
  description:
    'Makes of each function what the gateway runs: a bundle, ./build/NAME.tar, for the embedded engine, else an image in the Docker Engine that DOCKER_HOST names.',
  examples: [
    'faas-cli build',
    'faas-cli build --filter "img-*" --parallel 4',
    'faas-cli build --builder docker --build-arg NODE_IMAGE=node:22-slim',
    'faas-cli build --lang python3 --handler ./hi --image hi:latest --name hi',
  ],
  flags: { ...gatewayFlags, ...buildFlags, ...singleFlags, ...envsubstFlags, ...tagFlags },
  async run(context, _args, flags) {
    const stack = await functionsOf(context, flags);
    const { functions } = stack;
    const jobs = jobsOf(stack, flags);
    if (!flags['disable-stack-pull']) await pullMissing(stack, context);
    let builder = checkBuilder(flags.builder);
    if (!builder && !flags.shrinkwrap) {
      const client = await context.connect({
        ...connectionOf(flags, stack.gateway),
        timeoutMs: GATEWAY_TIMEOUT_MS,
      });
      builder = await gatewayBuilder(client, context.signal);
    }
    await buildWith(builder, { ...flags, noCache: flags['no-cache'], jobs, functions }, context);
  },
});
