import { columns } from '../columns.ts';
import { pullFromStore } from '../templates/pull-from-store.ts';
import { findStoreTemplate, readTemplateStore } from '../templates/template-store.ts';
import { defineCommand } from './command.ts';
import { jsonFlags } from './flag-sets.ts';
import { pullFlags, report } from './template-pull.ts';

const urlFlag = {
  url: {
    type: 'string',
    short: 'u',
    value: 'url',
    doc: 'templates.json, as a URL or a file (default: the templates of faas-cli, or $OPENFAAS_TEMPLATE_STORE_URL)',
  },
} as const;

export const templateStoreList = defineCommand({
  usage: '[flags]',
  examples: ['faas-cli template store list', 'faas-cli template store list --recommended'],
  flags: {
    ...urlFlag,
    ...jsonFlags,
    official: { type: 'boolean', short: 'o', doc: 'Only official ones' },
    recommended: { type: 'boolean', short: 'r', doc: 'Only recommended ones' },
    platform: { type: 'string', short: 'p', default: 'x86_64', doc: 'Platform' },
    verbose: { type: 'boolean', short: 'v', doc: 'Language and platform, too' },
  },
  async run(context, _args, flags) {
    const templates = (await readTemplateStore(flags.url, context)).filter(
      ({ official, recommended, platform }) =>
        (!flags.official || official === 'true') &&
        (!flags.recommended || recommended === true) &&
        platform.toLowerCase() === flags.platform.toLowerCase(),
    );
    if (flags.json) return void context.stdout.write(`${JSON.stringify(templates, null, 2)}\n`);
    const more = (values: readonly string[]) => (flags.verbose ? values : []);
    const rows = templates.map(({ template, recommended, description, source, language, platform }) => [
      template,
      recommended ? '[x]' : '[ ]',
      description,
      source,
      ...more([language, platform]),
    ]);
    const heading = ['NAME', 'RECOMMENDED', 'DESCRIPTION', 'SOURCE', ...more(['LANGUAGE', 'PLATFORM'])];
    context.stdout.write(`${columns([heading, ...rows])}\n`);
  },
});

export const templateStoreDescribe = defineCommand({
  usage: 'NAME',
  examples: ['faas-cli template store describe typescript'],
  args: [1, 1],
  flags: { ...urlFlag, ...jsonFlags },
  async run(context, [name], flags) {
    const found = findStoreTemplate(await readTemplateStore(flags.url, context), name!);
    if (flags.json) return void context.stdout.write(`${JSON.stringify(found, null, 2)}\n`);
    const lines = [
      ['Name', found.template],
      ['Description', found.description],
      ['Language', found.language],
      ['Platform', found.platform],
      ['Source', found.source],
      ['Repository', found.repo || 'comes with faas-cli'],
      ['Official', found.official],
      ['Recommended', String(found.recommended ?? false)],
    ];
    context.stdout.write(lines.map(([key, value]) => `${`${key}:`.padEnd(14)}${value}\n`).join(''));
  },
});

export const templateStorePull = defineCommand({
  usage: 'NAME[@REF]',
  examples: [
    'faas-cli template store pull python3',
    'faas-cli template store pull node22@v1 -u https://example.com/templates.json',
  ],
  args: [1, 1],
  flags: { ...urlFlag, ...pullFlags },
  async run(context, [name], flags) {
    report(await pullFromStore(name!, flags, context), context);
  },
});
