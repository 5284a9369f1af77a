import { columns } from '../columns.ts';
import { forPlatform, platformOf, readStore } from '../store/store-file.ts';
import { defineCommand } from './command.ts';
import { jsonFlags } from './flag-sets.ts';
import { storeFlags } from './store-flags.ts';

export const storeList = defineCommand({
  usage: '[flags]',
  examples: ['faas-cli store list', 'faas-cli store list --json'],
  flags: {
    ...storeFlags,
    ...jsonFlags,
    verbose: { type: 'boolean', short: 'v', default: true, doc: 'Kept for scripts' },
  },
  async run(context, _args, flags) {
    const functions = forPlatform(await readStore(flags, context), platformOf(flags, context));
    if (flags.json) return void context.stdout.write(`${JSON.stringify(functions, null, 2)}\n`);
    const rows = functions.map(({ name, author, title }) => [name, author || 'unknown', title]);
    context.stdout.write(`\n${columns([['FUNCTION', 'AUTHOR', 'DESCRIPTION'], ...rows])}\n`);
  },
});
