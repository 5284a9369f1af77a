import { FaasError } from '../../common/errors.ts';
import type { GatewayClient } from '../../provider/client.ts';
import { ResponseError } from '../../provider/client-http.ts';
import type { Accepted, Deployment } from '../../provider/client-requests.ts';
import type { Output } from '../context.ts';
import { UNAUTHORIZED } from '../print-error.ts';

export interface DeployMode {
  readonly replace: boolean;
  readonly update: boolean;
}

/** @throws FaasError `invalid_request` when the two flags exclude each other (contract 5.2) */
export function checkDeployMode({ replace, update }: DeployMode): void {
  if (replace && update)
    throw new FaasError('invalid_request', '--replace and --update exclude each other; add --update=false to replace');
}

/**
 * Deploys one after the other, with OpenFaaS's output (contract 5.4). All are tried.
 *
 * @throws FaasError `function_failed` that names each function that failed
 */
export async function deployAll(
  client: GatewayClient,
  deployments: readonly Deployment[],
  mode: DeployMode,
  { stdout, signal }: { readonly stdout: Output; readonly signal: AbortSignal },
): Promise<void> {
  const failures: string[] = [];
  for (const deployment of deployments) {
    stdout.write(`Deploying: ${deployment.name}.\n`);
    try {
      const { status, statusText } = await deployOne(client, deployment, mode, signal);
      stdout.write(`\nDeployed. ${status} ${statusText}.\nURL: ${functionUrl(client.url, deployment)}\n\n`);
    } catch (error) {
      if (!(error instanceof ResponseError)) throw error;
      failures.push(failureText(deployment.name, error));
    }
  }
  if (failures.length > 0) throw new FaasError('function_failed', failures.join('\n'));
}

/** `http://gateway/function/name`, with the namespace when one was given. */
export const functionUrl = (gateway: string, { name, namespace }: Pick<Deployment, 'name' | 'namespace'>): string =>
  `${gateway}/function/${name}${namespace ? `.${namespace}` : ''}`;

/** PUT, and POST on 404; with `replace` DELETE first (contract 5.3). */
async function deployOne(
  client: GatewayClient,
  deployment: Deployment,
  { replace, update }: DeployMode,
  signal: AbortSignal,
): Promise<Accepted> {
  if (replace) await client.remove(deployment, signal).catch(unlessNotFound);
  if (!update) return client.create(deployment, signal);
  const updated = await client.update(deployment, signal).catch(unlessNotFound);
  return updated ?? client.create(deployment, signal);
}

function unlessNotFound(error: unknown): undefined {
  if (error instanceof ResponseError && error.status === 404) return undefined;
  throw error;
}

function failureText(name: string, error: ResponseError): string {
  const text = error.status === 401 ? UNAUTHORIZED : error.message;
  return `Unexpected status: ${error.status}, message: ${text}\nFunction '${name}' failed to deploy with status code: ${error.status}`;
}
