import type { AddressInfo, Server, Socket } from 'node:net';
import type { Provider } from '../provider/provider.ts';
import type { VersionJson } from '../provider/wire/info.ts';
import type { Credentials } from './auth/credentials.ts';
import { createGatewayAuth } from './auth/gateway-auth.ts';
import type { TokenStore } from './auth/token-store.ts';
import type { GatewayConfig } from './config.ts';
import { controlPlane } from './control-plane.ts';
import { FrontDoor } from './front-door.ts';
import { CallSide } from './invoke/call-side.ts';
import type { RouteTable } from './invoke/route-table.ts';
import type { Log } from './log.ts';
import { MetricsServer } from './metrics/metrics-server.ts';
import { createScaling } from './scaling/scaling.ts';
import type { TlsFiles } from './tls.ts';
import { WorkerPool } from './workers/pool.ts';

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
  /** Path of a Unix socket of this process's, for requests of its workers; needed with more than one. */
  readonly workersSocket?: string;
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
   * cuts what is idle after `drainTimeoutMs` and calls in flight after `upstreamTimeoutMs`. {@link close} then does
   * nothing more.
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
  const product = `dunlin/${version.release}`;
  const stopping = new AbortController();
  const auth = createGatewayAuth({
    credentials,
    tokens,
    maxGuesses: config.maxGuesses,
    ...(deps.now && { now: deps.now }),
  });
  const calls = new CallSide({ provider, config, auth, product, log });
  const { routes, invoker, upgrades, waitingRoom } = calls;
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
  const workers = workersOf(deps, product, routes, (socket) => frontDoor.keep(socket));
  const distribute = workers && ((socket: Socket) => workers.distribute(socket));
  const frontDoor = new FrontDoor({ invoker, upgrades, api, config, tls, ...(distribute && { distribute }) });
  const metrics = new MetricsServer({
    functions: () => routes.entries(),
    refresh: async () => workers?.refresh(),
    waiting: () => waitingRoom.size,
    // Those that workers leave to this process count here only.
    webSockets: () => upgrades.size + (workers?.webSockets ?? 0),
    scaler: (entry) => autoscaler.scaler(entry),
    leads: scaling.leads,
    load: () => autoscaler.report(),
    warmPool: () => provider.warmPool,
  });

  let closed: Promise<void> | undefined;
  const closeAll = async (): Promise<void> => {
    stopping.abort();
    calls.refuseWaiting();
    await Promise.all([frontDoor.close(config.drainTimeoutMs), workers?.close(), scaling.close()]);
    frontDoor.leftByWorkers();
    await metrics.close();
    calls.close();
  };
  const close = (): Promise<void> => (closed ??= closeAll());
  const leaveTo = async (path: string): Promise<void> => {
    // What waited must be forwarded before anything says that this gateway stops.
    const successor = calls.forwardTo(path);
    const cutStreams = setTimeout(() => stopping.abort(), config.drainTimeoutMs);
    await Promise.all([
      frontDoor.leave(successor, config.drainTimeoutMs),
      workers?.leave(path),
      metrics.close(),
      scaling.close(),
    ]);
    frontDoor.leftByWorkers();
    clearTimeout(cutStreams);
    stopping.abort();
    calls.close();
  };

  routes.watch(provider);
  try {
    const { inherited } = deps;
    if (inherited) await frontDoor.listenToPredecessor(inherited.forwarded);
    if (workers) {
      await frontDoor.listenToWorkers(deps.workersSocket!);
      await workers.start();
    }
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

/** Undefined: this process answers all calls itself. @param keep serves a connection that no worker took */
function workersOf(
  { provider, config, tls, log, workersSocket }: GatewayDeps,
  product: string,
  routes: RouteTable,
  keep: (socket: Socket) => void,
): WorkerPool | undefined {
  if (config.workers === 1 || workersSocket === undefined) return undefined;
  const start = { config, tls, product, primary: workersSocket };
  return new WorkerPool({ count: config.workers, start, provider, routes, log, keep });
}
