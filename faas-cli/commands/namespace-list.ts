import { connectionOf } from '../stack/connect-with-stack.ts';
import { defineCommand } from './command.ts';
import { gatewayFlags, jsonFlags } from './flag-sets.ts';

export const namespaceList = defineCommand({
  usage: '',
  examples: ['faas-cli namespace list'],
  flags: { ...gatewayFlags, ...jsonFlags },
  async run(context, _args, flags) {
    const client = await context.connect(connectionOf(flags));
    const names = await client.namespaces(context.signal);
    const text = `Namespaces:\n${names.map((name) => ` - ${name}\n`).join('')}`;
    context.stdout.write(flags.json ? `${JSON.stringify(names, null, 2)}\n` : text);
  },
});
