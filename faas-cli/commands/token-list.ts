import { columns } from '../columns.ts';
import { connectionOf } from '../stack/connect-with-stack.ts';
import { defineCommand } from './command.ts';
import { gatewayFlags, jsonFlags } from './flag-sets.ts';

export const tokenList = defineCommand({
  usage: '[--json]',
  examples: ['faas-cli token list'],
  flags: { ...gatewayFlags, ...jsonFlags },
  async run({ connect, stdout, signal }, _args, flags) {
    const tokens = await (await connect(connectionOf(flags))).tokens(signal);
    if (flags.json) stdout.write(`${JSON.stringify(tokens, null, 2)}\n`);
    else if (tokens.length === 0) stdout.write('No tokens found.\n');
    else {
      const rows = tokens.map(({ name, admin, functions, createdAt }) => [
        name,
        functions?.join(', ') ?? (admin ? 'everything, as admin' : 'calls of every function'),
        createdAt,
      ]);
      stdout.write(columns([['NAME', 'MAY USE', 'CREATED'], ...rows]));
    }
  },
});
