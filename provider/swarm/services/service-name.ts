import { createHash } from 'node:crypto';
import { DEFAULT_NAMESPACE, type FunctionRef } from '../../provider.ts';

/** Swarm's rule, of which names in DNS are the reason. */
const MAX_NAME = 63;

/**
 * The name of a function's service: its own in the default namespace, as faas-swarm has it; else with the namespace
 * behind an underscore, which no function's name may have.
 */
export function serviceName({ name, namespace }: FunctionRef): string {
  if (namespace === DEFAULT_NAMESPACE) return name;
  return shortened(`${name}_${namespace}`, MAX_NAME);
}

/** As it is where it fits, else its beginning and a hash of all of it. */
export function shortened(name: string, length: number): string {
  if (name.length <= length) return name;
  const hash = createHash('sha256').update(name).digest('hex').slice(0, 12);
  return `${name.slice(0, length - hash.length - 1).replace(/[^a-z0-9]+$/, '')}_${hash}`;
}
