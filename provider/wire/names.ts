import { FaasError } from '../../common/errors.ts';
import { DEFAULT_NAMESPACE, type FunctionRef } from '../provider.ts';

/** Contract 6.2, with the documented length. Namespaces follow the same rule, as in Kubernetes. */
const NAME = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const MAX_NAME = 63;
/** DNS-1123 subdomain, which OpenFaaS's CLI enforces for secrets (contract 1.9). */
const SECRET_NAME = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const MAX_SECRET_NAME = 253;

/**
 * Checks the name of a function.
 *
 * @param field where the name was given, for the message
 * @throws FaasError `invalid_request`
 */
export const functionName = (field: string, name: string): string => checkName(field, name, 'hello-world');

/** A namespace as sent; an absent or empty one is the default. @throws FaasError `invalid_request` */
export const namespaceName = (field: string, name: string | undefined): string =>
  name ? checkName(field, name, DEFAULT_NAMESPACE) : DEFAULT_NAMESPACE;

/** @throws FaasError `invalid_request` */
export function secretName(field: string, name: string): string {
  if (name.length <= MAX_SECRET_NAME && SECRET_NAME.test(name)) return name;
  throw new FaasError(
    'invalid_request',
    `${field} must be 1 to ${MAX_SECRET_NAME} of a-z, 0-9, "-" and ".", starting and ending with a letter or digit, such as "api-key", got ${quoted(name)}`,
  );
}

/**
 * The function that a route names: `name` or `name.namespace` (contract 1.4: the namespace is what follows the last
 * dot). Does not check the names: what breaks the rule is found nowhere.
 */
export function splitName(given: string): FunctionRef {
  const dot = given.lastIndexOf('.');
  if (dot === -1) return { name: given, namespace: DEFAULT_NAMESPACE };
  return { name: given.slice(0, dot), namespace: given.slice(dot + 1) };
}

/**
 * The namespace of a request, which clients give in the body or in the query (contract 10, row 3).
 *
 * @throws FaasError `invalid_request` when both are given and differ
 */
export function requestNamespace(inBody: string | undefined, inQuery: string | undefined): string {
  if (inBody && inQuery && inBody !== inQuery)
    throw new FaasError(
      'invalid_request',
      `namespace is ${quoted(inBody)} in the body but ${quoted(inQuery)} in the query; give it once`,
    );
  return namespaceName('namespace', inBody || inQuery);
}

/** For who says in other words what is wrong with a name. */
export const isFunctionName = (name: string): boolean => name.length <= MAX_NAME && NAME.test(name);

function checkName(field: string, name: string, example: string): string {
  if (isFunctionName(name)) return name;
  throw new FaasError(
    'invalid_request',
    `${field} must be 1 to ${MAX_NAME} of a-z, 0-9 and "-", starting and ending with a letter or digit, such as "${example}", got ${quoted(name)}`,
  );
}

const quoted = (name: string): string => JSON.stringify(name.length > 80 ? `${name.slice(0, 80)}...` : name);
