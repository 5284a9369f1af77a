import { FaasError } from '../../common/errors.ts';
import { ResponseError } from '../../provider/client-http.ts';
import { deploymentOf } from '../deploy/deployment.ts';
import { differences } from '../deploy/differences.ts';
import { withImages } from '../deploy/images.ts';
import { connectionOf } from '../stack/connect-with-stack.ts';
import { requireStack } from '../stack/load-stack.ts';
import { defineCommand } from './command.ts';
import { envsubstFlags, gatewayFlags, namespaceFlags, tagFlags } from './flag-sets.ts';

const SCOPES = ['local', 'remote', 'all'] as const;
const NO_FLAGS = { annotation: [], constraint: [], env: [], label: [], secret: [] };

export const diff = defineCommand({
  usage: '[-f STACK.YAML] [--env local|remote|all]',
  description: 'Compares the stack file with what is deployed. Exit code 1 when they differ.',
  examples: ['faas-cli diff', 'faas-cli diff --env all'],
  flags: {
    ...gatewayFlags,
    ...namespaceFlags,
    ...envsubstFlags,
    ...tagFlags,
    env: {
      type: 'string',
      default: 'local',
      value: 'scope',
      doc: 'Environment variables to compare: those of local, remote, or all',
    },
  },
  async run(context, _args, flags) {
    const scope = SCOPES.find((known) => known === flags.env);
    if (!scope) throw new FaasError('invalid_request', `--env must be one of ${SCOPES.join(', ')}, got "${flags.env}"`);
    const stack = await requireStack(context, flags);
    const client = await context.connect(connectionOf(flags, stack.gateway));
    let differs = false;
    for (const { fn, image } of await withImages(stack.functions, flags.tag, context.cwd)) {
      const wanted = { ...NO_FLAGS, namespace: flags.namespace };
      const local = await deploymentOf(fn, image, wanted, { readTemplate: true }, context);
      const remote = await client.describe(local, { usage: false }, context.signal).catch((error) => {
        if (error instanceof ResponseError && error.status === 404) return undefined;
        throw error;
      });
      const lines = remote ? differences(local, remote, scope) : ['+ (not deployed)'];
      if (lines.length === 0) continue;
      differs = true;
      context.stdout.write(`--- deployed: ${fn.name}\n+++ ${stack.file}: ${fn.name}\n${lines.join('\n')}\n\n`);
    }
    if (differs) throw new FaasError('function_failed', 'differences found');
  },
});
