import { connectionOf } from '../stack/connect-with-stack.ts';
import { defineCommand } from './command.ts';
import { gatewayFlags } from './flag-sets.ts';

export const namespaceRemove = defineCommand({
  usage: 'NAME',
  examples: ['faas-cli namespace remove staging'],
  args: [1, 1],
  flags: { ...gatewayFlags },
  async run(context, [name], flags) {
    const client = await context.connect(connectionOf(flags));
    context.stdout.write(`Deleting Namespace: ${name}\n`);
    await client.removeNamespace(name!, context.signal);
    context.stdout.write(`Namespace Removed: ${name}\n`);
  },
});
