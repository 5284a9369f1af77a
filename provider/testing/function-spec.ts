import { DEFAULT_NAMESPACE, type FunctionSpec } from '../provider.ts';

/** A function of the default namespace with nothing that it need not have, but for `more`. */
export const functionSpec = (name: string, image: string, more: Partial<FunctionSpec> = {}): FunctionSpec => ({
  name,
  namespace: DEFAULT_NAMESPACE,
  image,
  labels: {},
  annotations: {},
  ...more,
});
