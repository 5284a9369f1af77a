import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { FaasError } from '../../common/errors.ts';
import { secretName } from '../../provider/wire/names.ts';
import type { Context } from '../context.ts';
import { putSecret } from '../deploy/put-secret.ts';
import { readSecretFile, trimmed } from '../secret-value.ts';
import { connectionOf } from '../stack/connect-with-stack.ts';
import { defineCommand } from './command.ts';
import { secretFlags, secretValueFlags } from './secret-flags.ts';

export const secretApply = defineCommand({
  usage: '[-n NAMESPACE]',
  description: "Each file's name is the secret's name. Secrets that are there get the new value.",
  examples: ['faas-cli secret apply'],
  flags: { ...secretFlags, trim: secretValueFlags.trim },
  async run(context, _args, flags) {
    const { stdout, signal } = context;
    const files = await secretFiles(context);
    const client = await context.connect(connectionOf(flags));
    for (const [name, content] of files) {
      const secret = { name, namespace: flags.namespace, value: trimmed(content, flags.trim), raw: true };
      stdout.write(`Creating secret: ${name}${flags.namespace ? `.${flags.namespace}` : ''}\n`);
      const { done, status, statusText } = await putSecret(client, secret, signal);
      stdout.write(`${done}: ${status} ${statusText}\n`);
    }
  },
});

/** All are read before the first is sent, so that a bad one disturbs nothing. */
async function secretFiles({ cwd }: Context): Promise<readonly (readonly [string, Uint8Array])[]> {
  const folder = join(cwd, '.secrets');
  const entries = await readdir(folder, { withFileTypes: true }).catch((cause: Error) => {
    throw new FaasError(
      'invalid_request',
      `cannot read the folder .secrets in ${cwd}: ${cause.message}; make it, with a file for each secret`,
      { cause },
    );
  });
  const names = entries.filter((entry) => entry.isFile() && !entry.name.startsWith('.')).map(({ name }) => name);
  if (names.length === 0)
    throw new FaasError(
      'invalid_request',
      `the folder .secrets in ${cwd} holds no files; put one there for each secret`,
    );
  for (const name of names) secretName(`the name of .secrets/${name}`, name);
  return Promise.all(
    names.sort().map(async (name) => [name, await readSecretFile(join(folder, name), `.secrets/${name}`)] as const),
  );
}
