import { connectionOf } from '../stack/connect-with-stack.ts';
import { defineCommand } from './command.ts';
import { gatewayFlags } from './flag-sets.ts';

export const tokenRevoke = defineCommand({
  usage: 'NAME',
  description: 'From now on the token is worth nothing.',
  examples: ['faas-cli token revoke ci'],
  args: [1, 1],
  flags: gatewayFlags,
  async run({ connect, stdout, signal }, [name], flags) {
    const client = await connect(connectionOf(flags));
    await client.revokeToken(name!, signal);
    stdout.write(`Revoked token: ${name}\n`);
  },
});
