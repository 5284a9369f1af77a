import { checkBuilder, gatewayBuilder } from '../build/choose-builder.ts';
import { isBuilt } from '../build/jobs.ts';
import { withImages } from '../deploy/images.ts';
import { pushAll } from '../deploy/push-all.ts';
import { byBuilder } from '../images/build-with.ts';
import { pushImages } from '../images/push-images.ts';
import { connectionOf } from '../stack/connect-with-stack.ts';
import { requireStack } from '../stack/load-stack.ts';
import { defineCommand } from './command.ts';
import { builderFlags, envsubstFlags, gatewayFlags, tagFlags } from './flag-sets.ts';

export const push = defineCommand({
  usage: '[-f STACK.YAML] [flags]',
  description:
    'Uploads the bundles of ./build to a gateway with the embedded engine; one that it has already is only named, not sent again. For other gateways, pushes images from the Docker Engine to their registries, with the credentials of "faas-cli registry-login" or "docker login".',
  examples: ['faas-cli push', 'faas-cli push --filter hello', 'faas-cli push --builder docker --parallel 2'],
  flags: {
    ...gatewayFlags,
    ...builderFlags,
    ...envsubstFlags,
    ...tagFlags,
    parallel: { type: 'int', default: 1, doc: 'Functions to push at once' },
    quiet: { type: 'boolean', doc: 'Print only errors' },
  },
  async run(context, _args, flags) {
    const stack = await requireStack(context, flags);
    const chosen = checkBuilder(flags.builder);
    const tagged = await withImages(stack.functions.filter(isBuilt), flags.tag, context.cwd);
    // Images need no gateway.
    const client = chosen === 'docker' ? undefined : await context.connect(connectionOf(flags, stack.gateway));
    const builder = chosen ?? (client && (await gatewayBuilder(client, context.signal)));
    const { bundle, docker } = await byBuilder(builder, tagged, context);
    if (client && (bundle.length > 0 || docker.length === 0)) await pushAll(client, bundle, flags, context);
    await pushImages(docker, flags, context);
  },
});
