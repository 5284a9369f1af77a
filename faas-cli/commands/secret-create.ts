import { ResponseError } from '../../provider/client-http.ts';
import { secretName } from '../../provider/wire/names.ts';
import { readSecretValue } from '../secret-value.ts';
import { connectionOf } from '../stack/connect-with-stack.ts';
import { defineCommand } from './command.ts';
import { secretFlags, secretValueFlags } from './secret-flags.ts';

export const secretCreate = defineCommand({
  usage: 'NAME [--from-literal TEXT | --from-file FILE] [flags]',
  description: 'Without --from-literal and --from-file the value is read from stdin.',
  examples: [
    'faas-cli secret create api-key --from-file ./api-key.txt',
    'pass show api-key | faas-cli secret create api-key',
  ],
  args: [1, 1],
  flags: {
    ...secretFlags,
    ...secretValueFlags,
    replace: { type: 'boolean', doc: 'Change the secret if it is there' },
  },
  async run(context, [name], flags) {
    const { stdout, signal } = context;
    secretName('the name', name!);
    const secret = { name: name!, namespace: flags.namespace, ...(await readSecretValue(flags, context)) };
    const client = await context.connect(connectionOf(flags));
    const shown = flags.namespace ? `${name}.${flags.namespace}` : name;
    stdout.write(`Creating secret: ${shown}\n`);
    try {
      const { status, statusText } = await client.createSecret(secret, signal);
      stdout.write(`Created: ${status} ${statusText}\n`);
    } catch (error) {
      if (!flags.replace || !(error instanceof ResponseError) || error.status !== 409) throw error;
      const { status, statusText } = await client.updateSecret(secret, signal);
      stdout.write(`Updated: ${status} ${statusText}\n`);
    }
  },
});
