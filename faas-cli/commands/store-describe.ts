import { wrap } from '../columns.ts';
import { findInStore, imageFor, platformOf, readStore, type StoreFunction } from '../store/store-file.ts';
import { defineCommand } from './command.ts';
import { jsonFlags } from './flag-sets.ts';
import { storeFlags } from './store-flags.ts';

export const storeDescribe = defineCommand({
  usage: 'NAME|TITLE [flags]',
  examples: ['faas-cli store describe figlet'],
  args: [1, 1],
  flags: { ...storeFlags, ...jsonFlags },
  async run(context, [wanted], flags) {
    const fn = findInStore(await readStore(flags, context), wanted!);
    const text = flags.json ? `${JSON.stringify(fn, null, 2)}\n` : describe(fn, platformOf(flags, context));
    context.stdout.write(text);
  },
});

const WIDTH = 14;

/** Contract 5.4. */
function describe(fn: StoreFunction, platform: string): string {
  const line = (key: string, value: string | undefined) => (value ? [`${`${key}:`.padEnd(WIDTH)}${value}`] : []);
  const section = (title: string, record: Readonly<Record<string, string>> | undefined) =>
    record && Object.keys(record).length > 0
      ? ['', `${title}:`, ...Object.entries(record).map(([key, value]) => `- ${key}: ${value}`)]
      : [];
  const lines = [
    ...line('Title', fn.title),
    ...line('Author', fn.author || 'unknown'),
    ...line('Description', wrap(fn.description ?? '', 80).join(`\n${' '.repeat(WIDTH)}`)),
    ...line('Image', imageFor(fn, platform)),
    ...line('Process', fn.fprocess),
    ...line('Repo URL', fn.repo_url),
    ...section('Environment', fn.environment),
    ...section('Labels', fn.labels),
    ...section('Annotations', fn.annotations),
  ];
  return `${lines.join('\n')}\n`;
}
