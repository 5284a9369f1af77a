import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Context } from '../context.ts';
import type { LoadedStack } from '../stack/load-stack.ts';

/** Fetches what the stack file names under `configuration.templates` and is not in ./template yet (contract 4.2). */
export async function pullMissing(stack: LoadedStack, context: Context): Promise<void> {
  for (const { name, source } of stack.templates) {
    if (await stat(join(context.cwd, 'template', name)).catch(() => undefined)) continue;
    // Most stack files name none.
    const { pullFromStore } = await import('./pull-from-store.ts');
    const { pullTemplates } = await import('./pull-templates.ts');
    context.stdout.write(`Fetch template ${name}${source ? ` from ${source}` : ''}\n`);
    if (source)
      await pullTemplates({ ...context, repository: source, only: name.split('@')[0], as: name, overwrite: true });
    else await pullFromStore(name, { overwrite: true }, context);
  }
}
