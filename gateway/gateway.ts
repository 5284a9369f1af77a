import type { AddressInfo } from 'node:net';
import type { Provider } from '../provider/provider.ts';
import type { VersionJson } from '../provider/wire/info.ts';
import type { Credentials } from './auth/credentials.ts';
import { createGatewayAuth } from './auth/gateway-auth.ts';
import type { TokenStore } from './auth/token-store.ts';
import type { GatewayConfig } from './config.ts';
import { controlPlane } from './control-plane.ts';
import { FrontDoor } from './front-door.ts';
import type { InvocationContext } from './invoke/invocation.ts';
import { Invoker } from './invoke/invoker.ts';
import { RouteTable } from './invoke/route-table.ts';
import { Upgrades } from './invoke/upgrades.ts';
import { WaitingRoom } from './invoke/waiting-room.ts';
import type { Log } from './log.ts';
import { MetricsServer } from './metrics/metrics-server.ts';
import type { TlsFiles } from './tls.ts';

export interface GatewayDeps {
  /** Stays the caller's to close. */
  readonly provider: Provider;
  readonly config: GatewayConfig;
  /** Undefined: `/system/*` asks for none. */
  readonly credentials: Credentials | undefined;
  readonly tokens: TokenStore;
  /** Undefined: plain HTTP. */
  readonly tls: TlsFiles | undefined;
  readonly version: VersionJson;
  readonly log: Log;
}

export interface Gateway extends AsyncDisposable {
  /** Where the API and calls are served. */
  readonly address: AddressInfo;
  readonly metricsAddress: AddressInfo;
  /** Functions that were deployed when it started. */
  readonly functions: number;
  /** Stops accepting, lets calls in flight end within `drainTimeoutMs`, cuts the rest. Idempotent. */
  close(): Promise<void>;
}

/**
 * Wires routes to collaborators and listens.
 *
 * @throws Error of node:net, such as EADDRINUSE with its port
 */
export async function startGateway(deps: GatewayDeps): Promise<Gateway> {
  const { provider, config, credentials, tokens, tls, version, log } = deps;
  const product = `dunlin/${version.release}`;
  const stopping = new AbortController();
  const waitingRoom = new WaitingRoom(provider, {
    maxWaiting: config.maxWaiting,
    maxWaitMs: config.coldStartTimeoutMs,
    scaleFromZero: config.scaleFromZero,
  });
  const routes = new RouteTable({
    maxIdleSockets: config.maxIdleSockets,
    onChange: (entry) => waitingRoom.changed(entry),
  });
  const context: InvocationContext = {
    provider,
    waitingRoom,
    upstreamTimeoutMs: config.upstreamTimeoutMs,
    maxBodyBytes: config.maxBodyBytes,
    product,
  };
  const auth = createGatewayAuth({ credentials, tokens, maxGuesses: config.maxGuesses });
  const invoker = new Invoker(routes, auth, context);
  const upgrades = new Upgrades({ invoker, waitingRoom, product });
  const api = controlPlane({ provider, routes, auth, tokens, config, version, log, stopping: stopping.signal });
  const frontDoor = new FrontDoor({ invoker, upgrades, api, config, tls });
  const metrics = new MetricsServer({
    functions: () => routes.entries(),
    waiting: () => waitingRoom.size,
    webSockets: () => upgrades.size,
  });

  let closed: Promise<void> | undefined;
  const closeAll = async (): Promise<void> => {
    stopping.abort();
    waitingRoom.close(routes.entries());
    await frontDoor.close(config.drainTimeoutMs);
    await metrics.close();
    routes.close();
  };
  const close = (): Promise<void> => (closed ??= closeAll());

  routes.watch(provider);
  try {
    const metricsAddress = await metrics.listen(config.metricsPort, config.host);
    const address = await frontDoor.listen(config.port, config.host);
    return { address, metricsAddress, functions: routes.size, close, [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw error;
  }
}
