import type { AddressInfo } from 'node:net';
import type { Provider } from '../provider/provider.ts';
import type { VersionJson } from '../provider/wire/info.ts';
import { BasicAuth, noAuth } from './auth/basic-auth.ts';
import type { Credentials } from './auth/credentials.ts';
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

export interface GatewayDeps {
  /** Stays the caller's to close. */
  readonly provider: Provider;
  readonly config: GatewayConfig;
  /** Undefined: `/system/*` asks for none. */
  readonly credentials: Credentials | undefined;
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
export async function startGateway({ provider, config, credentials, version, log }: GatewayDeps): Promise<Gateway> {
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
  const invoker = new Invoker(routes, context);
  const upgrades = new Upgrades({ invoker, waitingRoom, product });
  const auth = credentials === undefined ? noAuth : new BasicAuth(credentials, config.maxGuesses);
  const api = controlPlane({ provider, routes, auth, config, version, log, stopping: stopping.signal });
  const frontDoor = new FrontDoor({ invoker, upgrades, api, config });
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
