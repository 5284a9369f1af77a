import { FaasError } from '../common/errors.ts';
import { DEFAULT_NAMESPACE } from './provider.ts';

const NAMED = 5;

/**
 * Lets a namespace be removed that is not the default one and has no functions any more.
 *
 * @param functions names of those in it
 * @throws FaasError `invalid_request`
 */
export function checkRemovable(name: string, functions: readonly string[]): void {
  if (name === DEFAULT_NAMESPACE)
    throw new FaasError('invalid_request', `The default namespace "${name}" cannot be removed`);
  if (functions.length === 0) return;
  const named = `${functions.slice(0, NAMED).join(', ')}${functions.length > NAMED ? ', ...' : ''}`;
  throw new FaasError('invalid_request', `Namespace "${name}" still has functions (${named}); remove them first`);
}
