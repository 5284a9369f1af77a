import { createServer, type Server, type Socket } from 'node:net';
import type { IncomingRequest } from './incoming-request.ts';
import type { OutgoingAnswer } from './outgoing-answer.ts';
import type { RequestHead } from './request-head.ts';
import { ServerConnection } from './server-connection.ts';

export interface HttpServerOptions {
  /** A request is here: its head, and what came with it of the body. */
  readonly onRequest: (req: IncomingRequest, res: OutgoingAnswer) => void;
  /**
   * A request for another protocol: the socket is given away, paused, with what was received behind the request.
   * Without it such requests are served like others.
   */
  readonly onUpgrade?: ((req: IncomingRequest, socket: Socket, rest: Buffer) => void) | undefined;
  /** The first request of which `owns` says no, its connection and what else came on it are given to `serve`. */
  readonly others?: Others | undefined;
  /**
   * How long a head may take, from its first byte or from the connection's start, and then the body; 0 or absent: no
   * limit. What takes longer is answered with 408, unless an answer has begun, and the connection is closed.
   */
  readonly requestTimeoutMs?: number;
  /** In place of `requestTimeoutMs`, for the body; 0: no limit. */
  readonly bodyTimeoutMs?: number;
  /** How long a connection may wait for the next request; 0 or absent: no limit. */
  readonly idleTimeoutMs?: number;
  /** A larger head is answered with 431; 65536 by default. */
  readonly maxHeadBytes?: number;
  /** Value of X-OpenFaaS-Internal where the server itself refuses a request. */
  readonly internal?: string;
}

/** Another server for the same clients, such as one of node:http. */
export interface Others {
  owns(head: RequestHead): boolean;
  /** The socket is as new: nobody listens to it, and what came since the last answer can be read once more. */
  serve(socket: Socket): void;
}

const MAX_HEAD_BYTES = 65_536;

/**
 * An HTTP/1.1 server on bare sockets, for half of what node:http costs. It reads requests strictly (request-head.ts,
 * chunked-decoder.ts): what breaks a rule is answered with 400, 417 or 431 and the connection is closed. Requests of
 * one connection are served one after the other. A client that hangs up closes the answer under way.
 */
export class HttpServer {
  readonly onRequest: HttpServerOptions['onRequest'];
  readonly onUpgrade: HttpServerOptions['onUpgrade'];
  readonly others: Others | undefined;
  readonly requestTimeoutMs: number;
  readonly bodyTimeoutMs: number;
  readonly idleTimeoutMs: number;
  readonly maxHeadBytes: number;
  readonly internal: string | undefined;
  /** Tells clients until when an idle connection is there, so that none sends a request as it is closed. */
  readonly stayLines: string;
  readonly #connections = new Set<ServerConnection>();
  #listener: Server | undefined = undefined;
  draining = false;
  closed = false;

  constructor(options: HttpServerOptions) {
    this.onRequest = options.onRequest;
    this.onUpgrade = options.onUpgrade;
    this.others = options.others;
    this.requestTimeoutMs = options.requestTimeoutMs ?? 0;
    this.bodyTimeoutMs = options.bodyTimeoutMs ?? this.requestTimeoutMs;
    this.idleTimeoutMs = options.idleTimeoutMs ?? 0;
    this.maxHeadBytes = options.maxHeadBytes ?? MAX_HEAD_BYTES;
    this.internal = options.internal;
    const seconds = Math.floor(this.idleTimeoutMs / 1000);
    this.stayLines = seconds > 0 ? `Connection: keep-alive\r\nKeep-Alive: timeout=${seconds}\r\n` : '';
  }

  /** To listen with, for who has no listener that gives its connections to {@link accept}. */
  get listener(): Server {
    return (this.#listener ??= createServer({ noDelay: true }, (socket) => this.accept(socket)));
  }

  /** Serves a connection from its first byte. */
  accept(socket: Socket): void {
    this.#connections.add(new ServerConnection(socket, this));
  }

  /** From now on each answer is the last of its connection; idle ones stay, for a request that is on its way. */
  drain(): void {
    this.draining = true;
  }

  /** Accepts no more; idle connections end now, others with the answer under way. Idempotent. */
  close(): void {
    if (this.closed) return;
    this.drain();
    this.closed = true;
    this.#listener?.close();
    for (const connection of [...this.#connections]) connection.close();
  }

  /** Ends all connections now, also those given away. Idempotent. */
  destroy(): void {
    this.close();
    for (const connection of [...this.#connections]) connection.destroy();
  }

  /** Called by a connection that has ended. */
  forget(connection: ServerConnection): void {
    this.#connections.delete(connection);
  }
}
