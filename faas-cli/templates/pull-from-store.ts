import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Context } from '../context.ts';
import { findBuiltIn } from './find-template.ts';
import { type Pulled, pullTemplates } from './pull-templates.ts';
import { keepTemplate } from './scaffold.ts';
import { findStoreTemplate, readTemplateStore } from './template-store.ts';

/** Gets a template by its name in the store, `name` or `name@ref`. @throws FaasError `not_found` */
export async function pullFromStore(
  wanted: string,
  options: { readonly url?: string | undefined; readonly overwrite: boolean },
  context: Context,
): Promise<Pulled> {
  const [name, ref] = wanted.split('@') as [string, string | undefined];
  const found = findStoreTemplate(await readTemplateStore(options.url, context), name);
  if (found.repo !== '') {
    const repository = ref === undefined ? found.repo : `${found.repo}#${ref}`;
    return pullTemplates({
      ...context,
      repository,
      only: found.template,
      as: ref && wanted,
      overwrite: options.overwrite,
    });
  }
  const taken = await stat(join(context.cwd, 'template', name)).catch(() => undefined);
  if (taken && !options.overwrite) return { written: [], kept: [name] };
  await keepTemplate(context.cwd, await findBuiltIn(context, name));
  return { written: [name], kept: [] };
}
