import { createServer, type Server, type Socket } from 'node:net';
import type { IncomingRequest } from './incoming-request.ts';
import type { OutgoingAnswer } from './outgoing-answer.ts';
import { ServerConnection } from './server-connection.ts';

export interface HttpServerOptions {
  /** A request is here: its head, and what came with it of the body. */
  readonly onRequest: (req: IncomingRequest, res: OutgoingAnswer) => void;
  /**
   * A request for another protocol: the socket is given away, paused, with what was received behind the request.
   * Without it such requests are served like others.
   */
  readonly onUpgrade?: ((req: IncomingRequest, socket: Socket, rest: Buffer) => void) | undefined;
  /**
   * How long a head may take, from its first byte or from the connection's start, and then the body; 0 or absent: no
   * limit. What takes longer is answered with 408, unless an answer has begun, and the connection is closed.
   */
  readonly requestTimeoutMs?: number;
  /** How long a connection may wait for the next request; 0 or absent: no limit. */
  readonly idleTimeoutMs?: number;
  /** Value of X-OpenFaaS-Internal where the server itself refuses a request. */
  readonly internal?: string;
}

/**
 * An HTTP/1.1 server on bare sockets, for half of what node:http costs. It reads requests strictly (request-head.ts,
 * chunked-decoder.ts): what breaks a rule is answered with 400, 417 or 431 and the connection is closed. Requests of
 * one connection are served one after the other. A client that hangs up closes the answer under way.
 */
export class HttpServer {
  /** To listen with. */
  readonly listener: Server;
  readonly onRequest: HttpServerOptions['onRequest'];
  readonly onUpgrade: HttpServerOptions['onUpgrade'];
  readonly requestTimeoutMs: number;
  readonly idleTimeoutMs: number;
  readonly internal: string | undefined;
  readonly #connections = new Set<ServerConnection>();
  closed = false;

  constructor(options: HttpServerOptions) {
    this.onRequest = options.onRequest;
    this.onUpgrade = options.onUpgrade;
    this.requestTimeoutMs = options.requestTimeoutMs ?? 0;
    this.idleTimeoutMs = options.idleTimeoutMs ?? 0;
    this.internal = options.internal;
    this.listener = createServer({ noDelay: true }, (socket) => {
      this.#connections.add(new ServerConnection(socket, this));
    });
  }

  /** Accepts no more; idle connections end now, others with the answer under way. Idempotent. */
  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.listener.close();
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
