import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerOptions,
  type ServerResponse,
} from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, Server as NetServer, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { heedExpectations } from '../common/http/expectations.ts';
import type { HttpRequest, HttpResponse } from '../common/http/message.ts';
import { HttpServer } from '../common/http/server/server.ts';
import { STRICT_SERVER } from '../common/http/server-options.ts';
import { checkRequest, originTarget } from '../common/http/strict.ts';
import { takeClient } from './client-address.ts';
import { answerClientError } from './client-error.ts';
import type { GatewayConfig } from './config.ts';
import { adopt, distribute, divert } from './connections.ts';
import { ApiGate } from './hand-over/api-gate.ts';
import type { Forward } from './hand-over/forward.ts';
import { isCallTarget, splitCallPath } from './invoke/call-path.ts';
import type { Invoker } from './invoke/invoker.ts';
import type { Upgrades } from './invoke/upgrades.ts';
import type { TlsFiles } from './tls.ts';

/** How often Node looks for late heads. */
const CHECK_MS = 5000;
/** Clients that are at work send their next request by then, and learn from its answer that the connection ends. */
const QUIET_MS = 500;

/** Where to listen: an address, or a socket that listens already. */
export type ListenOn = { readonly port: number; readonly host: string } | { readonly fd: number };

export interface FrontDoorDeps {
  readonly invoker: Invoker;
  readonly upgrades: Upgrades;
  /** Serves all that is no call. */
  readonly api: RequestListener;
  readonly config: GatewayConfig;
  readonly tls: TlsFiles | undefined;
  /** Gives a new connection, unread, to a worker. @returns false: there is none */
  readonly distribute?: (socket: Socket) => boolean;
}

/**
 * The HTTP server of API and calls: strict parsing, draining. A connection is our own server's, which is lean, as long
 * as calls come on it; with the first request for the API, or for another protocol, it is node:http's for good.
 */
export class FrontDoor {
  readonly #deps: FrontDoorDeps;
  /** Listens, and serves what the other gives it. */
  readonly #server: Server;
  readonly #calls: HttpServer;
  /** For requests that the gateway before this one still receives. */
  readonly #fromPredecessor: Server;
  /** For requests that workers leave to their primary. */
  readonly #fromWorkers: Server;
  #isOpen = false;
  #keep: (socket: Socket) => void = () => undefined;
  readonly #gate: ApiGate;
  /** To the gateway that replaced this one. */
  #forward: Forward | undefined;
  #draining = false;
  /** Idle connections have had their time. */
  #quiet = false;
  /** One for all answers: none is made per call. */
  readonly #onAnswered = (): void => {
    if (this.#quiet) this.#server.closeIdleConnections();
  };

  constructor(deps: FrontDoorDeps) {
    this.#deps = deps;
    const { maxHeaderBytes } = deps.config;
    // Node takes whole milliseconds only.
    const readTimeoutMs = Math.ceil(deps.config.readTimeoutMs);
    const writeTimeoutMs = Math.ceil(deps.config.writeTimeoutMs);
    const options: ServerOptions = {
      ...STRICT_SERVER,
      maxHeaderSize: maxHeaderBytes,
      // The head only. A body may take as long as its call: upstream_timeout ends that, and long uploads are no attack.
      headersTimeout: readTimeoutMs,
      requestTimeout: 0,
      connectionsCheckingInterval: Math.min(CHECK_MS, readTimeoutMs || CHECK_MS),
      keepAliveTimeout: writeTimeoutMs,
      // Other protocols are not asked for by anybody; such a request is served as if it had not asked.
      shouldUpgradeCallback: (req) => /^websocket$/i.test(req.headers.upgrade ?? ''),
    };
    this.#server = deps.tls === undefined ? createServer(options) : createTlsServer({ ...options, ...deps.tls });
    this.#calls = new HttpServer({
      onRequest: (req, res) => this.#call(req, res, req.url),
      others: {
        owns: ({ target, upgrades }) => isCallTarget(target) && !upgrades,
        serve: divert(this.#server, (socket) => this.#calls.accept(socket)),
      },
      requestTimeoutMs: readTimeoutMs,
      bodyTimeoutMs: 0,
      idleTimeoutMs: writeTimeoutMs,
      maxHeadBytes: maxHeaderBytes,
      internal: 'gateway',
    });
    if (deps.distribute) this.#keep = distribute(this.#server, deps.distribute);
    this.#fromPredecessor = createServer(options);
    this.#fromWorkers = createServer(options);
    this.#gate = new ApiGate((req, res) => this.#serveApi(req, res));
    for (const server of [this.#server, this.#fromPredecessor, this.#fromWorkers]) {
      if (server !== this.#server) for (const event of FIRST_EVENTS) server.on(event, takeClient);
      server.on('request', (req, res) => this.#dispatch(req, res));
      heedExpectations(server, 'gateway');
      server.on('clientError', answerClientError);
      server.on('upgrade', (req, socket, head) => this.#upgrade(req, socket, head));
    }
  }

  /** The listening socket, for the gateway that is to replace this one. */
  get listener(): NetServer {
    return this.#server;
  }

  /** @throws Error of node:net, such as EADDRINUSE */
  async listen(on: ListenOn): Promise<AddressInfo> {
    this.#server.listen(on);
    await once(this.#server, 'listening');
    this.#isOpen = true;
    return this.#server.address() as AddressInfo;
  }

  /** Serves what the gateway before this one forwards, on a Unix socket, until {@link leftByPredecessor}. */
  listenToPredecessor(path: string): Promise<void> {
    return listenOn(this.#fromPredecessor, path);
  }

  /** Serves what workers leave to this process, their primary, on a Unix socket, until {@link leftByWorkers}. */
  listenToWorkers(path: string): Promise<void> {
    return listenOn(this.#fromWorkers, path);
  }

  /** No worker is left: stops listening to them. Idempotent. */
  leftByWorkers(): void {
    if (this.#fromWorkers.listening) this.#fromWorkers.close();
  }

  /** It has ended: stops listening to it. Idempotent. */
  leftByPredecessor(): void {
    if (this.#fromPredecessor.listening) this.#fromPredecessor.close();
  }

  /** Serves a connection that was to be a worker's, which did not take it. */
  keep(socket: Socket): void {
    this.#keep(socket);
  }

  /** Serves a connection that another process has accepted, in place of {@link listen}. */
  serve(socket: Socket): void {
    // Node looks for late heads and idle connections from this event on only.
    if (!this.#isOpen) this.#server.emit('listening');
    this.#isOpen = true;
    adopt(this.#server, socket);
    this.#server.emit('connection', socket);
  }

  /** As {@link ApiGate.hold}. */
  hold(withinMs: number): Promise<void> {
    return this.#gate.hold(withinMs);
  }

  /** Ends {@link hold}. */
  release(): void {
    this.#gate.release();
  }

  /** Stops accepting, lets requests in flight end within `drainTimeoutMs`, cuts what is left. Idempotent. */
  async close(drainTimeoutMs: number): Promise<void> {
    if (this.#draining || !this.#isOpen) return;
    this.leftByPredecessor();
    this.#deps.upgrades.destroy();
    await this.#drain(Math.min(QUIET_MS, drainTimeoutMs), drainTimeoutMs);
  }

  /**
   * Stops accepting: another gateway does. What still comes on open connections is forwarded to it. Idle ones are cut
   * after `drainTimeoutMs` only: a client may send its next request at any time. Calls in flight may take as long as
   * upstream_timeout lets any call take: nothing hurries this gateway.
   */
  async leave(forward: Forward, drainTimeoutMs: number): Promise<void> {
    this.#forward = forward;
    this.release();
    // The gateway before this one may drain still: what it forwards is forwarded once more.
    const left = this.#fromPredecessor.listening ? once(this.#fromPredecessor, 'close') : undefined;
    await this.#drain(drainTimeoutMs, Math.max(drainTimeoutMs, this.#deps.config.upstreamTimeoutMs));
    await left;
  }

  async #drain(idleMs: number, busyMs: number): Promise<void> {
    this.#draining = true;
    this.#calls.drain();
    const quiet = setTimeout(() => {
      this.#quiet = true;
      this.#deps.upgrades.destroy();
      this.#calls.close();
      this.#server.closeIdleConnections();
    }, idleMs);
    const cut = setTimeout(() => {
      this.#calls.destroy();
      this.#server.closeAllConnections();
    }, busyMs);
    const closed = once(this.#server, 'close');
    // That of node:http would cut idle connections at once.
    NetServer.prototype.close.call(this.#server);
    await closed;
    clearTimeout(quiet);
    clearTimeout(cut);
    this.#server.close();
  }

  #dispatch(req: IncomingMessage, res: ServerResponse): void {
    const wrong = checkRequest(req);
    if (wrong !== undefined) {
      res.writeHead(400, { 'content-type': 'text/plain; charset=utf-8', connection: 'close' }).end(wrong);
      return;
    }
    if (this.#draining) res.shouldKeepAlive = false;
    // A connection whose call outlives the beginning of the drain is idle, and nobody's, once the call has ended.
    else res.on('close', this.#onAnswered);
    req.url = originTarget(req.url!);
    if (isCallTarget(req.url)) this.#call(req, res, req.url);
    else this.#gate.enter(req, res);
  }

  #call(req: HttpRequest, res: HttpResponse, target: string): void {
    if (this.#forward) this.#forward.send(req, res);
    else this.#deps.invoker.invoke(req, res, splitCallPath(target));
  }

  #serveApi(req: IncomingMessage, res: ServerResponse): void {
    if (this.#forward) this.#forward.send(req, res);
    else this.#deps.api(req, res);
  }

  #upgrade(req: IncomingMessage, socket: Duplex, head: Buffer): void {
    const wrong = checkRequest(req);
    const target = originTarget(req.url!);
    if (wrong !== undefined) socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
    else if (!isCallTarget(target))
      socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 19\r\n\r\n404 page not found\n');
    else this.#deps.upgrades.upgrade(req, socket, head, splitCallPath(target));
  }
}

/** A request's first, by what it asks for. */
const FIRST_EVENTS = ['request', 'upgrade'] as const;

async function listenOn(server: Server, path: string): Promise<void> {
  // One of the same process id, of a gateway that was killed.
  await rm(path, { force: true });
  server.listen(path);
  await once(server, 'listening');
}
