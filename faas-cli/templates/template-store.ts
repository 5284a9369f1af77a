import { readFile } from 'node:fs/promises';
import { FaasError, isFaasError } from '../../common/errors.ts';
import type { Context } from '../context.ts';
import { download } from '../download.ts';
import { didYouMean } from '../suggest.ts';
import { findBuiltIn, listBuiltIn } from './find-template.ts';

/** An element of templates.json (contract 5.8). */
export interface StoreTemplate {
  readonly template: string;
  readonly platform: string;
  readonly language: string;
  readonly source: string;
  readonly description: string;
  /** Git repository; '' for those that come with faas-cli. */
  readonly repo: string;
  readonly official: string;
  readonly recommended?: boolean;
}

const FETCH_TIMEOUT_MS = 30_000;
const WHAT = 'the template store';

/**
 * The templates of `--url` or `$OPENFAAS_TEMPLATE_STORE_URL`, else those that come with faas-cli; recommended ones
 * first, then official ones, then by name (contract 5.4).
 */
export async function readTemplateStore(url: string | undefined, context: Context): Promise<readonly StoreTemplate[]> {
  const place = url ?? context.env.OPENFAAS_TEMPLATE_STORE_URL;
  const templates = place === undefined ? await builtIn(context) : await read(place, context.signal);
  const rank = ({ recommended, official }: StoreTemplate) => (recommended ? 0 : official === 'true' ? 1 : 2);
  return [...templates].sort((a, b) => rank(a) - rank(b) || (a.template < b.template ? -1 : 1));
}

/** @throws FaasError `not_found` */
export function findStoreTemplate(templates: readonly StoreTemplate[], wanted: string): StoreTemplate {
  const found = templates.find(({ template, source }) => template === wanted || `${source}/${template}` === wanted);
  if (found) return found;
  const names = templates.map(({ template }) => template);
  const hint = didYouMean(wanted, names, '; see: faas-cli template store list');
  throw new FaasError('not_found', `there is no template "${wanted}" in the store${hint}`);
}

/** What new uses without being told is what we recommend. */
const RECOMMENDED = ['typescript', 'python3', 'go'];

async function builtIn(context: Context): Promise<readonly StoreTemplate[]> {
  const names = await listBuiltIn(context);
  return Promise.all(
    names.map(async (name) => {
      const { language } = await findBuiltIn(context, name);
      return {
        template: name,
        platform: 'x86_64',
        language: language ?? name,
        source: 'dunlin',
        description: `Comes with faas-cli (${language ?? name})`,
        repo: '',
        official: 'true',
        recommended: RECOMMENDED.includes(name),
      };
    }),
  );
}

async function read(place: string, signal: AbortSignal): Promise<readonly StoreTemplate[]> {
  try {
    const isUrl = /^https?:\/\//.test(place);
    const text = await (isUrl ? download(WHAT, place, FETCH_TIMEOUT_MS, signal) : readFile(place, 'utf8'));
    const templates: unknown = JSON.parse(text);
    if (!Array.isArray(templates)) throw new Error('it is no list');
    return templates as StoreTemplate[];
  } catch (cause) {
    signal.throwIfAborted();
    if (isFaasError(cause)) throw cause;
    throw new FaasError('invalid_request', `cannot read ${WHAT} ${place}: ${(cause as Error).message}`, { cause });
  }
}
