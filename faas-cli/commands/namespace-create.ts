import { connectionOf } from '../stack/connect-with-stack.ts';
import { defineCommand } from './command.ts';
import { namespaceInfoFlags, namespaceInfoOf } from './namespace-flags.ts';

export const namespaceCreate = defineCommand({
  usage: 'NAME [-l KEY=VALUE] [--annotation KEY=VALUE]',
  examples: ['faas-cli namespace create staging -l team=web'],
  args: [1, 1],
  flags: namespaceInfoFlags,
  async run(context, [name], flags) {
    const client = await context.connect(connectionOf(flags));
    context.stdout.write(`Creating Namespace: ${name}\n`);
    await client.createNamespace(namespaceInfoOf(name!, flags), context.signal);
    context.stdout.write(`Namespace Created: ${name}\n`);
  },
});
