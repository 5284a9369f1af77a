import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { FaasError } from '../../common/errors.ts';
import { DEFAULT_NAMESPACE } from '../../provider/provider.ts';
import type { BundleManifest } from '../../provider/wire/bundle.ts';
import type { StackFunction } from '../stack/stack.ts';

export interface LocalRun {
  readonly fn: StackFunction;
  readonly manifest: BundleManifest;
  /** The unpacked bundle. */
  readonly folder: string;
  readonly port: number;
  /** The function's own variables, all merged. */
  readonly variables: Readonly<Record<string, string>>;
  readonly secretsFolder: string;
  readonly scratch: string;
  readonly path: string;
}

/** The variables of a watchdog that runs one function alone (docs/ARCHITECTURE.md; contract 5.6). */
export function localEnvironment(run: LocalRun): Record<string, string> {
  const { fn, manifest, folder } = run;
  const process = fn.fprocess ?? manifest.process;
  return {
    PATH: run.path,
    HOME: run.scratch,
    TMPDIR: run.scratch,
    // Nobody routes calls here: it can end at once.
    healthcheck_interval: '0s',
    ...manifest.environment,
    mode: manifest.mode,
    ...(process && { fprocess: process }),
    ...(manifest.handler && { handler: join(folder, manifest.handler) }),
    ...(manifest.staticPath && { static_path: join(folder, manifest.staticPath) }),
    port: String(run.port),
    metrics_port: '0',
    secrets_path: run.secretsFolder,
    OPENFAAS_NAME: fn.name,
    OPENFAAS_NAMESPACE: fn.namespace ?? DEFAULT_NAMESPACE,
    jwt_auth_local: 'true',
    ...run.variables,
  };
}

/** @throws FaasError `secret_not_found` for a secret that has no file in ./.secrets */
export async function checkSecrets(secrets: readonly string[], folder: string): Promise<void> {
  for (const name of secrets)
    await access(join(folder, name)).catch((cause) => {
      throw new FaasError('secret_not_found', `secret ${name} has no file .secrets/${name}; put its value there`, {
        cause,
      });
    });
}
