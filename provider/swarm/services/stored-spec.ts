import type { FunctionSpec } from '../../provider.ts';

/** What a service does not say of its function, or not as the user wrote it. Kept in one label of the service. */
export interface StoredSpec
  extends Pick<
    FunctionSpec,
    'image' | 'envProcess' | 'envVars' | 'constraints' | 'secrets' | 'limits' | 'requests' | 'readOnlyRootFilesystem'
  > {
  /** What `image` became, by its digest; another one in the service means that somebody changed it by hand. */
  readonly pinned: string;
}

export function storeSpec(spec: FunctionSpec, pinned: string): string {
  const { image, envProcess, envVars, constraints, secrets, limits, requests, readOnlyRootFilesystem } = spec;
  const stored: StoredSpec = {
    image,
    pinned,
    ...(envProcess !== undefined && { envProcess }),
    ...(envVars && { envVars }),
    ...(constraints && { constraints }),
    ...(secrets && { secrets }),
    ...(limits && { limits }),
    ...(requests && { requests }),
    ...(readOnlyRootFilesystem !== undefined && { readOnlyRootFilesystem }),
  };
  return JSON.stringify(stored);
}

/** Undefined for a service that another than this provider made. */
export function readStoredSpec(label: string | undefined): StoredSpec | undefined {
  if (label === undefined) return undefined;
  try {
    const stored = JSON.parse(label) as StoredSpec;
    return typeof stored?.image === 'string' ? stored : undefined;
  } catch {
    return undefined;
  }
}
