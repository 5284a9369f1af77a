import { FaasError } from '../../common/errors.ts';
import { columns } from '../columns.ts';
import { forPlatform, platformOf, readStore } from '../store/store-file.ts';
import { defineCommand } from './command.ts';
import { jsonFlags } from './flag-sets.ts';
import { storeFlags } from './store-flags.ts';

export const storeSearch = defineCommand({
  usage: 'WORD... [flags]',
  description: 'Every word must be in the name, the title, the description or the categories.',
  examples: ['faas-cli store search hash', 'faas-cli store search json schema'],
  args: [1, Number.POSITIVE_INFINITY],
  flags: { ...storeFlags, ...jsonFlags },
  async run(context, words, flags) {
    const { stdout } = context;
    const all = forPlatform(await readStore(flags, context), platformOf(flags, context));
    const found = all.filter(({ name, title, description = '', categories = [] }) => {
      const text = [name, title, description, ...categories].join('\n').toLowerCase();
      return words.every((word) => text.includes(word.toLowerCase()));
    });
    if (found.length === 0)
      throw new FaasError(
        'not_found',
        `no function of the store matches "${words.join(' ')}"; see: faas-cli store list`,
      );
    if (flags.json) return void stdout.write(`${JSON.stringify(found, null, 2)}\n`);
    const rows = found.map(({ name, categories = [], description = '' }) => [name, categories.join(', '), description]);
    stdout.write(`\n${columns([['FUNCTION', 'CATEGORIES', 'DESCRIPTION'], ...rows])}\n`);
  },
});
