import { FaasError } from '../../common/errors.ts';
import type { Context } from '../context.ts';
import { requireStack } from '../stack/load-stack.ts';
import { pullFromStore } from '../templates/pull-from-store.ts';
import { type Pulled, pullTemplates } from '../templates/pull-templates.ts';
import { defineCommand } from './command.ts';

const DEFAULT_REPOSITORY = 'https://github.com/openfaas/templates.git';

export const pullFlags = {
  debug: { type: 'boolean', doc: 'Kept for scripts' },
  overwrite: { type: 'boolean', default: true, doc: 'Replace templates that are there' },
} as const;

export const templatePull = defineCommand({
  usage: '[REPOSITORY[#REF] | stack]',
  description: `Fetches templates from a git repository into ./template; "stack" those that the stack file names under configuration.templates. Without a repository: $OPENFAAS_TEMPLATE_URL, else ${DEFAULT_REPOSITORY}`,
  examples: ['faas-cli template pull https://github.com/ada/templates#v1', 'faas-cli template pull stack'],
  args: [0, 1],
  flags: pullFlags,
  async run(context, [repository], { overwrite }) {
    if (repository === 'stack') return pullStack(context, overwrite);
    const from = repository ?? context.env.OPENFAAS_TEMPLATE_URL ?? DEFAULT_REPOSITORY;
    context.stdout.write(`Fetch templates from repository: ${from}\n`);
    report(await pullTemplates({ ...context, repository: from, overwrite }), context);
  },
});

async function pullStack(context: Context, overwrite: boolean): Promise<void> {
  const { file, templates } = await requireStack(context, {});
  if (templates.length === 0)
    throw new FaasError(
      'invalid_request',
      `the stack file ${file} names no templates under configuration.templates; add some there, or name a repository`,
    );
  for (const { name, source } of templates) {
    context.stdout.write(`Fetch template ${name}${source ? ` from ${source}` : ''}\n`);
    const pulled = source
      ? await pullTemplates({ ...context, repository: source, only: name.split('@')[0], as: name, overwrite })
      : await pullFromStore(name, { overwrite }, context);
    report(pulled, context);
  }
}

export function report({ written, kept }: Pulled, { stdout }: Pick<Context, 'stdout'>): void {
  if (written.length > 0) stdout.write(`Wrote ${written.length} template(s): ${written.join(', ')}\n`);
  if (kept.length > 0) stdout.write(`Left as they were: ${kept.join(', ')}\n`);
}
