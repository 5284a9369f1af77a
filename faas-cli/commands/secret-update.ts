import { secretName } from '../../provider/wire/names.ts';
import { readSecretValue } from '../secret-value.ts';
import { connectionOf } from '../stack/connect-with-stack.ts';
import { defineCommand } from './command.ts';
import { secretFlags, secretValueFlags } from './secret-flags.ts';

export const secretUpdate = defineCommand({
  usage: 'NAME [--from-literal TEXT | --from-file FILE] [flags]',
  description:
    'Without --from-literal and --from-file the value is read from stdin. Functions see the new value at once.',
  examples: ['faas-cli secret update api-key --from-file ./api-key.txt'],
  args: [1, 1],
  flags: { ...secretFlags, ...secretValueFlags },
  async run(context, [name], flags) {
    secretName('the name', name!);
    const secret = { name: name!, namespace: flags.namespace, ...(await readSecretValue(flags, context)) };
    const client = await context.connect(connectionOf(flags));
    context.stdout.write(`Updating secret: ${name}${flags.namespace ? `.${flags.namespace}` : ''}\n`);
    const { status, statusText } = await client.updateSecret(secret, context.signal);
    context.stdout.write(`Updated: ${status} ${statusText}\n`);
  },
});
