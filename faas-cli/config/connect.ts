import { GatewayClient } from '../../provider/client.ts';
import { isLoopback } from '../../provider/client-http.ts';
import type { Connection, Surroundings } from '../context.ts';
import { VERSION } from '../version.ts';
import { authorizationOf, configFolder, readLogins } from './credentials.ts';
import { gatewayUrl, isUnencrypted } from './gateway-url.ts';
import { localToken } from './local-gateway.ts';

const DEFAULT_TIMEOUT_MS = 60_000;
/** Fixed text: scripts look for it (contract 5.1). */
const UNENCRYPTED = 'WARNING! You are not using an encrypted connection to the gateway, consider using HTTPS.';

/** Opens a client for the gateway that flags, stack file and environment name, with the user's credentials for it. */
export async function connect(surroundings: Surroundings, connection: Connection): Promise<GatewayClient> {
  const { env, stderr } = surroundings;
  const url = gatewayUrl(connection.gateway, connection.stackGateway, env.OPENFAAS_URL);
  warnIfUnencrypted(url, stderr);
  return new GatewayClient({
    url,
    authorization: await authorization(surroundings, url, connection.token),
    userAgent: userAgent(surroundings),
    timeoutMs: connection.timeoutMs ?? DEFAULT_TIMEOUT_MS,
    tlsNoVerify: connection.tlsNoVerify ?? false,
    proxyEnv: env,
  });
}

export function warnIfUnencrypted(url: string, stderr: Surroundings['stderr']): void {
  if (isUnencrypted(url)) stderr.write(`${UNENCRYPTED}\n`);
}

/** `faas-cli/<version> (openfaas; <os>; <arch>)` with Go's names (contract 5.3). */
export function userAgent({ machine }: Surroundings): string {
  const arch = machine.arch === 'x64' ? 'amd64' : machine.arch;
  return `faas-cli/${VERSION} (openfaas; ${machine.platform}; ${arch})`;
}

async function authorization(surroundings: Surroundings, url: string, token: string | undefined): Promise<string> {
  const { env, cwd, machine } = surroundings;
  if (token) return `Bearer ${token}`;
  const stored = (await readLogins(configFolder(env, cwd, machine))).find(({ gateway }) => gateway === url);
  if (stored?.auth === 'oauth2') return authorizationOf(stored);
  // A password stored for an address on this machine may be of an earlier gateway there.
  const local = isLoopback(url) ? await localToken(url, env, machine, stored ? 'running' : 'any') : undefined;
  if (local) return `Basic ${local}`;
  return stored ? authorizationOf(stored) : 'Bearer ';
}
