import type { AddressInfo, Server } from 'node:net';
import { availableParallelism } from 'node:os';
import type { HttpRequest, HttpResponse } from '../common/http/message.ts';
import type { Provider } from '../provider/provider.ts';
import type { VersionJson } from '../provider/wire/info.ts';
import type { Credentials } from './auth/credentials.ts';
import { createGatewayAuth } from './auth/gateway-auth.ts';
import type { TokenStore } from './auth/token-store.ts';
import type { GatewayConfig } from './config.ts';
import { controlPlane } from './control-plane.ts';
import { FrontDoor } from './front-door.ts';
import { Forward } from './hand-over/forward.ts';
import { BusyPoll } from './invoke/busy-poll.ts';
import type { InvocationContext } from './invoke/invocation.ts';
import { Invoker } from './invoke/invoker.ts';
import { RouteTable } from './invoke/route-table.ts';
import { Upgrades } from './invoke/upgrades.ts';
import { WaitingRoom } from './invoke/waiting-room.ts';
import type { Log } from './log.ts';
import { MetricsServer } from './metrics/metrics-server.ts';
import { createScaling } from './scaling/scaling.ts';
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
  /** What the gateway that this one replaces gives it. */
  readonly inherited?: Inherited;
  /** In milliseconds, for the limit of guesses; Date.now by default. */
  readonly now?: () => number;
}

/** Sockets from the gateway before. */
export interface Inherited {
  /** File descriptors that listen already. */
  readonly apiFd: number;
  readonly metricsFd: number;
  /** Path of a Unix socket to listen on for requests that the other gateway still receives. */
  readonly forwarded: string;
}

export interface Gateway extends AsyncDisposable {
  /** Where the API and calls are served. */
  readonly address: AddressInfo;
  readonly metricsAddress: AddressInfo;
  /** Functions that were deployed when it started. */
  readonly functions: number;
  /** The listening sockets of API and metrics, for a gateway that is to replace this one. */
  readonly listeners: readonly [Server, Server];
  /** Requests that change something wait from now on; see ApiGate.hold. */
  hold(): Promise<void>;
  /** Ends {@link hold}: this gateway goes on. */
  resume(): void;
  /**
   * Another gateway listens on the same sockets and has the state: stops accepting, forwards to it what still comes in,
   * lets calls in flight end within `drainTimeoutMs`. {@link close} then does nothing more.
   *
   * @param forwarded path of the Unix socket where the other serves
   */
  leave(forwarded: string): Promise<void>;
  /** The gateway before has ended: nothing is forwarded any more. Idempotent. */
  leftByPredecessor(): void;
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
  const accessLog = config.accessLog ? log : undefined;
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
  let forward: ((req: HttpRequest, res: HttpResponse) => void) | undefined;
  const context: InvocationContext = {
    provider,
    waitingRoom,
    busyPoll: new BusyPoll(availableParallelism()),
    forward: () => forward,
    upstreamTimeoutMs: config.upstreamTimeoutMs,
    maxBodyBytes: config.maxBodyBytes,
    product,
    accessLog,
  };
  const auth = createGatewayAuth({
    credentials,
    tokens,
    maxGuesses: config.maxGuesses,
    ...(deps.now && { now: deps.now }),
  });
  const invoker = new Invoker(routes, auth, context);
  const upgrades = new Upgrades({ invoker, waitingRoom, product, accessLog });
  const scaling = createScaling({ provider, functions: () => routes.entries(), config, log });
  const { autoscaler } = scaling;
  const api = controlPlane({
    provider,
    routes,
    autoscaler,
    auth,
    tokens,
    config,
    version,
    log,
    stopping: stopping.signal,
  });
  const frontDoor = new FrontDoor({ invoker, upgrades, api, config, tls });
  const metrics = new MetricsServer({
    functions: () => routes.entries(),
    waiting: () => waitingRoom.size,
    webSockets: () => upgrades.size,
    scaler: (entry) => autoscaler.scaler(entry),
    leads: scaling.leads,
    load: () => autoscaler.report(),
    warmPool: () => provider.warmPool,
  });

  let closed: Promise<void> | undefined;
  const closeAll = async (): Promise<void> => {
    stopping.abort();
    waitingRoom.close(routes.entries());
    await Promise.all([frontDoor.close(config.drainTimeoutMs), scaling.close()]);
    await metrics.close();
    routes.close();
  };
  const close = (): Promise<void> => (closed ??= closeAll());
  const leaveTo = async (path: string): Promise<void> => {
    const successor = new Forward(path, product);
    forward = (req, res) => successor.send(req, res, invoker.taken(req));
    // What waited must be forwarded before anything says that this gateway stops.
    waitingRoom.empty(routes.entries());
    const cutStreams = setTimeout(() => stopping.abort(), config.drainTimeoutMs);
    await Promise.all([frontDoor.leave(successor, config.drainTimeoutMs), metrics.close(), scaling.close()]);
    clearTimeout(cutStreams);
    stopping.abort();
    waitingRoom.close([]);
    successor.close();
    routes.close();
  };

  routes.watch(provider);
  try {
    const { inherited } = deps;
    if (inherited) await frontDoor.listenToPredecessor(inherited.forwarded);
    const { host, port, metricsPort } = config;
    const metricsAddress = await metrics.listen(inherited ? { fd: inherited.metricsFd } : { port: metricsPort, host });
    const address = await frontDoor.listen(inherited ? { fd: inherited.apiFd } : { port, host });
    scaling.start();
    return {
      address,
      metricsAddress,
      functions: routes.size,
      listeners: [frontDoor.listener, metrics.listener],
      hold: () => frontDoor.hold(config.drainTimeoutMs),
      resume: () => frontDoor.release(),
      leave: (path) => (closed ??= leaveTo(path)),
      leftByPredecessor: () => frontDoor.leftByPredecessor(),
      close,
      [Symbol.asyncDispose]: close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
