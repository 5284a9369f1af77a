import { secretName } from '../../provider/wire/names.ts';
import { putSecret } from '../deploy/put-secret.ts';
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
    const { done, status, statusText } = flags.replace
      ? await putSecret(client, secret, signal)
      : { done: 'Created', ...(await client.createSecret(secret, signal)) };
    stdout.write(`${done}: ${status} ${statusText}\n`);
  },
});
