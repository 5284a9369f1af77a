/** Labels that carry meaning for every provider. Source: openfaas-contract.md 2.5 and 2.6. */
export const LABEL_MIN = 'com.openfaas.scale.min';
export const LABEL_MAX = 'com.openfaas.scale.max';
export const LABEL_ZERO = 'com.openfaas.scale.zero';
/** Added to every function, because OpenFaaS's certifier looks for it (contract 7.2). */
export const LABEL_FUNCTION = 'faas_function';

/** Replicas to start with: the minimum label, or 1. A label that is no whole number counts as absent. */
export function initialReplicas(labels: Readonly<Record<string, string>>): number {
  const given = labels[LABEL_MIN];
  return given !== undefined && /^\d+$/.test(given) ? Number(given) : 1;
}
