import { connectionOf } from '../stack/connect-with-stack.ts';
import { defineCommand } from './command.ts';
import { gatewayFlags } from './flag-sets.ts';

export const tokenCreate = defineCommand({
  usage: 'NAME [--function NAME ... | --admin]',
  description:
    'Prints the token, which the gateway shows this once. A call sends it as "Authorization: Bearer TOKEN", for a function\nlabelled com.dunlin.auth: required; without --function it is good for all of them.',
  examples: [
    'faas-cli token create ci --function hello',
    'faas-cli token create ops --admin > ops-token.txt',
    'curl -H "Authorization: Bearer $(faas-cli token create me)" http://127.0.0.1:8080/function/hello',
  ],
  args: [1, 1],
  flags: {
    ...gatewayFlags,
    function: { type: 'strings', value: 'name', doc: 'Function that it may call, as NAME or NAME.NAMESPACE' },
    admin: { type: 'boolean', doc: 'May use the API too: deploy, scale, remove' },
  },
  async run({ connect, stdout, stderr, signal }, [name], flags) {
    const client = await connect(connectionOf(flags));
    const functions = flags.function.length > 0 ? { functions: flags.function } : {};
    const { token } = await client.createToken({ name: name!, admin: flags.admin, ...functions }, signal);
    stderr.write(`Created token: ${name}; it cannot be shown again\n`);
    stdout.write(`${token}\n`);
  },
});
