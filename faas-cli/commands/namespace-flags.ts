import type { NamespaceInfo } from '../../provider/provider.ts';
import { namespaceName } from '../../provider/wire/names.ts';
import { keyValues } from '../stack/key-values.ts';
import type { Values } from './command.ts';
import { deploymentFlags, gatewayFlags } from './flag-sets.ts';

export const namespaceInfoFlags = {
  ...gatewayFlags,
  annotation: deploymentFlags.annotation,
  label: deploymentFlags.label,
} as const;

/** `openfaas=1` marks namespaces for functions; OpenFaaS's own client adds both (contract 1.11). */
export function namespaceInfoOf(name: string, flags: Values<typeof namespaceInfoFlags>): NamespaceInfo {
  return {
    name: namespaceName('the name', name),
    labels: { openfaas: '1', ...keyValues('label', flags.label) },
    annotations: { openfaas: '1', ...keyValues('annotation', flags.annotation) },
  };
}
