import { type ClientRequest, type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { createProxyMiddleware, type RequestHandler } from 'http-proxy-middleware';
import { FaasError } from '../../common/errors.ts';
import { fieldsOf } from '../../common/http/fields.ts';
import { ERROR_CODE_HEADER, INTERNAL_HEADER, toProblem } from '../../common/http/problem.ts';
import type { Address } from '../../common/http/upstream.ts';
import { CLIENT_HEADER, clientAddress } from '../client-address.ts';
import type { Log } from '../log.ts';
import { readCallHead, requestHeaders, startTimeNow } from './call-head.ts';
import type { CallPath } from './call-path.ts';
import { chooseReplica } from './choose-replica.ts';
import type { FunctionEntry } from './function-entry.ts';
import { functionNotFound, type Invoker, isForPrimary } from './invoker.ts';
import type { WaitingRoom } from './waiting-room.ts';

/** Switching Protocols, the status that a WebSocket counts as. */
const SWITCHED = 101;
const kAddress = Symbol('address');
type Upgrade = IncomingMessage & { [kAddress]?: Address };

export interface UpgradesDeps {
  readonly invoker: Invoker;
  readonly waitingRoom: WaitingRoom;
  readonly product: string;
  /** Undefined: WebSockets are not logged. */
  readonly accessLog: Pick<Log, 'call'> | undefined;
  /** Unix socket where the primary takes what a worker leaves to it. */
  readonly primary: string | undefined;
}

/** Carries WebSockets between clients and replicas; http-proxy-middleware does the handshake and the bytes. */
export class Upgrades {
  readonly #deps: UpgradesDeps;
  readonly #sockets = new Set<Duplex>();
  readonly #proxy: RequestHandler;

  constructor(deps: UpgradesDeps) {
    this.#deps = deps;
    this.#proxy = createProxyMiddleware({
      router: (req) => targetOf((req as Upgrade)[kAddress]!),
      // It would otherwise write what failed to the console.
      ejectPlugins: true,
      plugins: [
        (proxy) => {
          proxy.on('error', (cause, _req, to) => {
            // An answer object is for requests that are no upgrades.
            if (to !== undefined && !('writeHead' in to)) refuse(to, unreachable(cause));
          });
          proxy.on('proxyReqWs', (proxyReq, _req, socket) => endTogether(proxyReq, socket));
        },
      ],
    });
  }

  /** WebSockets that are open or being opened. */
  get size(): number {
    return this.#sockets.size;
  }

  upgrade(req: IncomingMessage, socket: Duplex, head: Buffer, path: CallPath): void {
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    // Whoever reads or writes the socket hears of its end by `close`.
    socket.on('error', () => socket.destroy());
    const entry = this.#deps.invoker.find(path.name);
    const { primary } = this.#deps;
    if (primary !== undefined && (entry === undefined || isForPrimary(entry))) {
      this.#pass(req, socket, head, req.url!, { path: primary }, [CLIENT_HEADER, clientAddress(req)]);
      return;
    }
    const refusal = entry?.rules.needsToken ? this.#deps.invoker.refusal(entry, req) : undefined;
    if (entry === undefined) refuse(socket, functionNotFound(path.name));
    else if (refusal !== undefined) refuse(socket, refusal);
    else this.#count(entry, req, socket, head, path.target);
  }

  /** Cuts all of them: nothing tells a WebSocket's two ends to drain. Idempotent. */
  destroy(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  #count(entry: FunctionEntry, req: IncomingMessage, socket: Duplex, head: Buffer, target: string): void {
    const startedAt = performance.now();
    let code = SWITCHED;
    entry.metrics.start(startedAt);
    const { callId } = readCallHead(fieldsOf(req));
    const { method, url } = req;
    const client = clientAddress(req);
    socket.once('close', () => {
      const durationMs = performance.now() - startedAt;
      entry.metrics.end(code, durationMs / 1000, startedAt);
      const record = { callId, method, path: url!, status: code, durationMs, function: entry.key, client };
      this.#deps.accessLog?.call(record);
    });
    const fail = (error: FaasError): void => {
      code = toProblem(error).status;
      refuse(socket, error);
    };
    const go = (): void => {
      const replica = chooseReplica(entry.targets, Infinity, undefined, Math.random, () => performance.now());
      const address = entry.state.ready.find(({ id }) => id === replica?.id)?.address;
      if (replica === undefined || address === undefined) {
        fail(new FaasError('no_replica', 'The gateway is being replaced; try again'));
        return;
      }
      replica.inFlight++;
      socket.once('close', () => replica.inFlight--);
      this.#pass(req, socket, head, target, address);
    };
    if (entry.targets.length > 0) go();
    else this.#wait(entry, socket, go, fail);
  }

  #wait(entry: FunctionEntry, socket: Duplex, onReady: () => void, onFailure: (error: FaasError) => void): void {
    const { waitingRoom } = this.#deps;
    const waiter = { onReady, onFailure };
    socket.once('close', () => waitingRoom.leave(entry, waiter));
    try {
      waitingRoom.enter(entry, waiter, Infinity);
    } catch (error) {
      onFailure(error as FaasError);
    }
  }

  #pass(
    req: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    target: string,
    address: Address,
    more: readonly string[] = [],
  ): void {
    const added = requestHeaders(req, readCallHead(fieldsOf(req)), startTimeNow(), this.#deps.product).concat(more);
    for (let i = 0; i < added.length; i += 2) req.headers[added[i]!.toLowerCase()] = added[i + 1]!;
    req.url = target;
    (req as Upgrade)[kAddress] = address;
    this.#proxy.upgrade(req, socket as never, head);
  }
}

/** The library passes on a clean end only: whoever is cut must cut the other side, or that waits for ever. */
function endTogether(proxyReq: ClientRequest, socket: Socket): void {
  socket.once('close', () => proxyReq.destroy());
  proxyReq.once('upgrade', (_res, upstream) => {
    socket.once('close', () => upstream.destroySoon());
    upstream.once('close', () => socket.destroySoon());
    if (socket.destroyed) upstream.destroy();
  });
}

const targetOf = (address: Address) =>
  'path' in address
    ? { protocol: 'http:', host: 'localhost', port: undefined, socketPath: address.path }
    : { protocol: 'http:', host: address.host, port: address.port };

const unreachable = (cause: unknown): FaasError =>
  new FaasError('upstream_failed', 'The function did not take the upgrade; faas-cli logs may say why', { cause });

/** Answers an upgrade request, which has no response object, with a problem. */
function refuse(socket: Duplex, error: FaasError): void {
  const problem = toProblem(error);
  const body = JSON.stringify(problem);
  socket.end(
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}\r\n` +
      `Content-Type: application/problem+json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n` +
      `${ERROR_CODE_HEADER}: ${problem.code}\r\n${INTERNAL_HEADER}: gateway\r\nConnection: close\r\n\r\n${body}`,
  );
}
