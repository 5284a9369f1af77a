import { isBuilt } from '../build/jobs.ts';
import { withImages } from '../deploy/images.ts';
import { pushAll } from '../deploy/push-all.ts';
import { requireStack } from '../stack/load-stack.ts';
import { defineCommand } from './command.ts';
import { envsubstFlags, gatewayFlags, tagFlags } from './flag-sets.ts';

export const push = defineCommand({
  usage: '[-f STACK.YAML] [flags]',
  description: 'Uploads the bundles of ./build to the gateway. One that it has already is only named, not sent again.',
  examples: ['faas-cli push', 'faas-cli push --filter hello'],
  flags: {
    ...gatewayFlags,
    ...envsubstFlags,
    ...tagFlags,
    parallel: { type: 'int', default: 1, doc: 'Bundles to upload at once' },
    quiet: { type: 'boolean', doc: 'Print only errors' },
  },
  async run(context, _args, flags) {
    const stack = await requireStack(context, flags);
    const client = await context.connect({
      gateway: flags.gateway,
      stackGateway: stack.gateway,
      token: flags.token,
      tlsNoVerify: flags['tls-no-verify'],
    });
    const images = await withImages(stack.functions.filter(isBuilt), flags.tag, context.cwd);
    const jobs = images.map(({ fn, image }) => ({ name: fn.name, image }));
    await pushAll(client, jobs, flags, context);
  },
});
