import { listTemplates } from '../templates/find-template.ts';
import { defineCommand } from './command.ts';
import { jsonFlags } from './flag-sets.ts';

export const templateList = defineCommand({
  usage: '',
  description: 'Those in ./template and those that come with faas-cli.',
  examples: ['faas-cli template list'],
  flags: { ...jsonFlags },
  async run(context, _args, flags) {
    const names = await listTemplates(context);
    const text = names.map((name) => `${name}\n`).join('');
    context.stdout.write(flags.json ? `${JSON.stringify(names, null, 2)}\n` : text);
  },
});
