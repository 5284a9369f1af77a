import { connectionOf } from '../stack/connect-with-stack.ts';
import { defineCommand } from './command.ts';
import { namespaceInfoFlags, namespaceInfoOf } from './namespace-flags.ts';

export const namespaceUpdate = defineCommand({
  usage: 'NAME [-l KEY=VALUE] [--annotation KEY=VALUE]',
  examples: ['faas-cli namespace update staging -l team=web'],
  args: [1, 1],
  flags: namespaceInfoFlags,
  async run(context, [name], flags) {
    const client = await context.connect(connectionOf(flags));
    context.stdout.write(`Updating Namespace: ${name}\n`);
    await client.updateNamespace(namespaceInfoOf(name!, flags), context.signal);
    context.stdout.write(`Namespace Updated: ${name}\n`);
  },
});
