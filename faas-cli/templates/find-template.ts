import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FaasError } from '../../common/errors.ts';
import type { Context } from '../context.ts';
import { didYouMean } from '../suggest.ts';
import { parseTemplate, type Template } from './template.ts';

type Places = Pick<Context, 'cwd' | 'assets'>;

/**
 * The template of a language: `./template/<lang>`, else the one that comes with faas-cli.
 *
 * @throws FaasError `invalid_request` for an unknown one: names those that there are
 */
export async function findTemplate(places: Places, lang: string): Promise<Template> {
  for (const folder of templateFolders(places)) {
    const found = await templateIn(folder, lang);
    if (found) return found;
  }
  throw await unknownTemplate(places, lang);
}

/** One of those that come with faas-cli. @throws FaasError `invalid_request` for an unknown one */
export async function findBuiltIn(places: Places, lang: string): Promise<Template> {
  const found = await templateIn(builtInFolder(places), lang);
  if (found) return found;
  throw await unknownTemplate(places, lang);
}

/** Names, sorted. */
export async function listTemplates(places: Places): Promise<readonly string[]> {
  const names = await Promise.all(templateFolders(places).map(templatesIn));
  return [...new Set(names.flat())].sort();
}

/** Names of those that come with faas-cli, sorted. */
export const listBuiltIn = async (places: Places): Promise<readonly string[]> =>
  [...(await templatesIn(builtInFolder(places)))].sort();

const builtInFolder = ({ assets }: Places): string => join(assets(), 'templates');

/** The project's own templates come first. */
const templateFolders = (places: Places): readonly string[] => [join(places.cwd, 'template'), builtInFolder(places)];

async function templateIn(folder: string, lang: string): Promise<Template | undefined> {
  const file = join(folder, lang, 'template.yml');
  const text = isPlainName(lang) ? await readFile(file, 'utf8').catch(whenMissing) : undefined;
  return text === undefined ? undefined : parseTemplate(text, file, lang, join(folder, lang));
}

/** A name of one folder: no path leads out of the templates. */
const isPlainName = (lang: string): boolean => /^[\w@][\w.@+-]*$/.test(lang);

async function templatesIn(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const found = await Promise.all(
    entries.map(async (entry) => {
      const text = await readFile(join(folder, entry.name, 'template.yml'), 'utf8').catch(() => undefined);
      return text === undefined ? [] : [entry.name];
    }),
  );
  return found.flat();
}

function whenMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
  throw new FaasError('invalid_request', `cannot read ${error.path}: ${error.message}`, { cause: error });
}

async function unknownTemplate(places: Places, lang: string): Promise<FaasError> {
  const names = await listTemplates(places);
  const hint = didYouMean(lang, names);
  return new FaasError(
    'invalid_request',
    `there is no template "${lang}"${hint}\nAvailable: ${names.join(', ') || 'none'}`,
  );
}
