import type { GatewayClient } from '../../provider/client.ts';
import { ConnectError, ResponseError } from '../../provider/client-http.ts';
import type { StatusJson } from '../../provider/wire/status.ts';
import { VERSION } from '../version.ts';
import { type Finding, ok, problem, warning } from './check.ts';
import { portChecks } from './port-checks.ts';

/** Beyond this, signed tokens and certificates begin to fail. */
const CLOCK_TOLERANCE_MS = 30_000;

/** Whether there is a gateway, whether it takes our credentials, and what it says of itself and its functions. */
export async function gatewayChecks(
  client: GatewayClient,
  now: () => number,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const { url } = client;
  try {
    const health = await client.health(signal);
    const findings = [
      health.status === 200
        ? ok('gateway', `${url} is well`)
        : problem(
            'gateway',
            `${url} answers ${health.status} to /healthz`,
            "look at the gateway's log, or at the URL: is it a gateway?",
          ),
      ...clock(health.date, now()),
    ];
    return [...findings, ...(await authorizedChecks(client, signal))];
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof ConnectError)) throw error;
    return [
      problem(
        'gateway',
        error.message,
        'start it with "npm start" in the checkout, or name another one with -g or OPENFAAS_URL',
      ),
      ...(await portChecks(url)),
    ];
  }
}

function clock(date: Date | undefined, now: number): Finding[] {
  if (!date || Number.isNaN(date.getTime())) return [];
  const skewMs = date.getTime() - now;
  if (Math.abs(skewMs) < CLOCK_TOLERANCE_MS) return [ok('clock', 'agrees with the gateway')];
  const direction = skewMs > 0 ? 'ahead' : 'behind';
  return [
    warning('clock', `the gateway's is ${Math.round(Math.abs(skewMs) / 1000)} s ${direction}`, 'set both by NTP'),
  ];
}

async function authorizedChecks(client: GatewayClient, signal: AbortSignal): Promise<readonly Finding[]> {
  try {
    const { provider, version } = await client.info(signal);
    const functions = await client.list(undefined, signal);
    return [
      ok('credentials', 'accepted'),
      provider
        ? ok('engine', `${provider.provider} (${provider.orchestration})`)
        : problem('engine', 'the gateway has none', "look at the gateway's log"),
      version.release === VERSION || !provider?.provider.startsWith('dunlin')
        ? ok('versions', `gateway ${version.release || 'unknown'}, faas-cli ${VERSION}`)
        : warning('versions', `gateway ${version.release}, faas-cli ${VERSION}`, 'use both of one version'),
      ...functionChecks(functions),
    ];
  } catch (error) {
    if (!(error instanceof ResponseError)) throw error;
    if (error.status === 401)
      return [problem('credentials', `${client.url} refuses them`, 'run "faas-cli login" with the right password')];
    return [problem('gateway', `answers ${error.status}: ${error.message}`, "look at the gateway's log")];
  }
}

function functionChecks(functions: readonly StatusJson[]): readonly Finding[] {
  const broken = functions.filter(
    ({ failure, replicas = 0, availableReplicas = 0 }) => failure && replicas > 0 && availableReplicas === 0,
  );
  if (broken.length === 0) return [ok('functions', `${functions.length} deployed, none failing`)];
  return broken.map(({ name, failure }) =>
    problem('functions', `${name} does not run: ${failure!.message}`, `see: faas-cli logs ${name}`),
  );
}
