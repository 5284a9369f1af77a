import { checkDeployMode } from '../deploy/deploy-all.ts';
import { upOnce } from '../deploy/up-once.ts';
import { connectionOf } from '../stack/connect-with-stack.ts';
import { type LoadedStack, requireStack } from '../stack/load-stack.ts';
import { defineCommand } from './command.ts';
import {
  buildFlags,
  deployFlags,
  envsubstFlags,
  gatewayFlags,
  namespaceFlags,
  platformsFlags,
  singleFlags,
  tagFlags,
} from './flag-sets.ts';

const flags = {
  ...gatewayFlags,
  ...namespaceFlags,
  ...envsubstFlags,
  ...buildFlags,
  ...deployFlags,
  ...singleFlags,
  ...tagFlags,
  ...platformsFlags,
  publish: { type: 'boolean', doc: 'Publish instead of building and pushing: with docker buildx, for --platforms' },
  'skip-push': { type: 'boolean', doc: 'Do not push' },
  watch: { type: 'boolean', doc: 'Do it again whenever a handler, an environment file or the stack file is saved' },
  'skip-deploy': { type: 'boolean', doc: 'Do not deploy' },
} as const;

export const up = defineCommand({
  usage: '[-f STACK.YAML] [flags]',
  description: 'Ends once every function answers, or says why one does not.',
  examples: ['faas-cli up', 'faas-cli up --filter hello --parallel 2', 'faas-cli up --watch'],
  flags,
  async run(context, _args, given) {
    checkDeployMode(given);
    const connect = (stack: LoadedStack) => context.connect(connectionOf(given, stack.gateway));
    if (!given.watch) return upOnce(context, given, connect);
    const { watchStack } = await import('../watch/watch-stack.ts');
    const load = () => requireStack(context, given);
    await watchStack(context, load, (names) => upOnce(context, given, connect, names));
  },
});
