import { FaasError } from '../common/errors.ts';
import { DEFAULT_NAMESPACE, type FunctionRef } from './provider.ts';

// What the contract has every provider refuse, in the same words whichever it is.

export const functionNotFound = ({ name, namespace }: FunctionRef): FaasError =>
  new FaasError(
    'function_not_found',
    `There is no function "${name}" in namespace "${namespace}"; "faas-cli list" shows those that are`,
  );

export const functionExists = ({ name, namespace }: FunctionRef): FaasError =>
  new FaasError('function_exists', `Function "${name}" is already in namespace "${namespace}"; update it instead`);

/** @param wanted who wants to remove one need not hear how to make it */
export function secretNotFound({ name, namespace }: FunctionRef, wanted: 'to use' | 'to remove'): FaasError {
  const remedy =
    wanted === 'to use'
      ? `make it with "faas-cli secret create ${name}"`
      : '"faas-cli secret list" shows those that are';
  return new FaasError('secret_not_found', `There is no secret "${name}" in namespace "${namespace}"; ${remedy}`);
}

export const secretExists = ({ name, namespace }: FunctionRef): FaasError =>
  new FaasError('secret_exists', `Secret "${name}" is already in namespace "${namespace}"; update it instead`);

/** @param user name of a function that has it */
export const secretInUse = ({ name }: FunctionRef, user: string): FaasError =>
  new FaasError('invalid_request', `Secret "${name}" is used by function "${user}"; remove or update that first`);

export const namespaceNotFound = (name: string): FaasError =>
  new FaasError(
    'namespace_not_found',
    `There is no namespace "${name}"; make it with "faas-cli namespace create ${name}"`,
  );

export const namespaceExists = (name: string): FaasError =>
  new FaasError('namespace_exists', `Namespace "${name}" is there already; update it instead`);

const NAMED = 5;

/**
 * Lets a namespace be removed that is not the default one and has no functions any more.
 *
 * @param functions names of those in it
 * @throws FaasError `invalid_request`
 */
export function checkRemovable(name: string, functions: readonly string[]): void {
  if (name === DEFAULT_NAMESPACE)
    throw new FaasError(
      'invalid_request',
      `The default namespace "${name}" cannot be removed; functions that name none are in it`,
    );
  if (functions.length === 0) return;
  const named = `${functions.slice(0, NAMED).join(', ')}${functions.length > NAMED ? ', ...' : ''}`;
  throw new FaasError('invalid_request', `Namespace "${name}" still has functions (${named}); remove them first`);
}

/** A number of replicas to scale to. @throws FaasError `invalid_request` */
export function checkReplicas(replicas: number): void {
  if (Number.isSafeInteger(replicas) && replicas >= 0) return;
  throw new FaasError('invalid_request', `replicas must be a whole number, 0 or more, got ${replicas}`);
}
