import { FaasError } from '../../common/errors.ts';

export interface Selection {
  /** `--regex`, tested anywhere in the name. */
  readonly regex?: string | undefined;
  /** `--filter`, where `*` is any text. */
  readonly filter?: string | undefined;
}

/**
 * The functions that `--regex` or `--filter` pick, all without one.
 *
 * @throws FaasError `invalid_request` for both at once, a bad expression, or when nothing is picked (contract 4.1)
 */
export function select<T extends { readonly name: string }>(
  functions: readonly T[],
  selection: Selection,
): readonly T[] {
  const { regex, filter } = selection;
  if (regex && filter)
    throw new FaasError('invalid_request', '--regex and --filter exclude each other; give one of them');
  if (!regex && !filter) return functions;
  const expression = regex ? compile(regex) : glob(filter!);
  const picked = functions.filter(({ name }) => expression.test(name));
  if (picked.length > 0) return picked;
  throw new FaasError('invalid_request', 'no functions matching --filter/--regex were found in the YAML file');
}

function compile(regex: string): RegExp {
  try {
    return new RegExp(regex);
  } catch (cause) {
    throw new FaasError('invalid_request', `--regex is no regular expression: ${(cause as Error).message}`, { cause });
  }
}

const glob = (filter: string): RegExp =>
  new RegExp(`^${filter.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*')}$`);
