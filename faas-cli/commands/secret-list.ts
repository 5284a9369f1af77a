import { connectionOf } from '../stack/connect-with-stack.ts';
import { defineCommand } from './command.ts';
import { jsonFlags } from './flag-sets.ts';
import { secretFlags } from './secret-flags.ts';

export const secretList = defineCommand({
  usage: '[-n NAMESPACE]',
  examples: ['faas-cli secret list'],
  flags: { ...secretFlags, ...jsonFlags },
  async run(context, _args, flags) {
    const client = await context.connect(connectionOf(flags));
    const secrets = await client.secrets(flags.namespace, context.signal);
    if (flags.json) context.stdout.write(`${JSON.stringify(secrets, null, 2)}\n`);
    else if (secrets.length === 0) context.stdout.write('No secrets found.\n');
    else context.stdout.write(`\nNAME\n${secrets.map(({ name }) => `${name}\n`).join('')}\n`);
  },
});
