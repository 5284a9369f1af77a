import { connectionOf } from '../stack/connect-with-stack.ts';
import { defineCommand } from './command.ts';
import { secretFlags } from './secret-flags.ts';

export const secretRemove = defineCommand({
  usage: 'NAME [-n NAMESPACE]',
  examples: ['faas-cli secret remove api-key'],
  args: [1, 1],
  flags: { ...secretFlags },
  async run(context, [name], flags) {
    const client = await context.connect(connectionOf(flags));
    await client.removeSecret({ name: name!, namespace: flags.namespace }, context.signal);
    context.stdout.write('Removed.. OK.\n');
  },
});
