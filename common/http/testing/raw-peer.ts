import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import type { Address } from '../upstream.ts';

/** One end of a connection, byte by byte: what came, and what to send. */
export class RawPeer implements AsyncDisposable {
  readonly socket: Socket;
  /** All that came, Latin-1. */
  received = '';
  /** The other side has ended its half, or all of it. */
  ended = false;
  closed = false;
  #changed: (() => void)[] = [];

  constructor(socket: Socket) {
    this.socket = socket;
    socket.setNoDelay(true);
    socket.on('data', (chunk) => {
      this.received += chunk.toString('latin1');
      this.#wake();
    });
    socket.on('end', () => {
      this.ended = true;
      this.#wake();
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      this.ended = true;
      this.closed = true;
      this.#wake();
    });
  }

  /** Writes and waits until it has left. */
  async write(data: string | Uint8Array): Promise<void> {
    if (this.socket.destroyed) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const bytes = typeof data === 'string' ? Buffer.from(data, 'latin1') : data;
    this.socket.write(bytes, () => resolve());
    this.socket.once('close', resolve);
    await promise;
    this.socket.off('close', resolve);
  }

  /** Writes in pieces, each in a packet of its own as far as loopback allows. */
  async writePieces(pieces: readonly string[]): Promise<void> {
    for (const piece of pieces) {
      await this.write(piece);
      await turn();
    }
  }

  /** Resolves when what was received matches; rejects when the other side ended before. */
  async until(what: RegExp | string | ((received: string) => boolean)): Promise<string> {
    const holds = () => {
      if (typeof what === 'function') return what(this.received);
      return typeof what === 'string' ? this.received.includes(what) : what.test(this.received);
    };
    while (!holds()) {
      if (this.ended) throw new Error(`ended before ${what}; received ${JSON.stringify(this.received.slice(-2000))}`);
      await this.#change();
    }
    return this.received;
  }

  /** Resolves with all that was received when the other side has ended. */
  async untilEnd(): Promise<string> {
    while (!this.ended) await this.#change();
    return this.received;
  }

  end(): void {
    this.socket.end();
  }

  destroy(): void {
    this.socket.destroy();
  }

  /** Ends the connection with RST. */
  reset(): void {
    this.socket.resetAndDestroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.closed) return;
    this.socket.destroy();
    await once(this.socket, 'close');
  }

  #change(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#changed.push(resolve);
    return promise;
  }

  #wake(): void {
    for (const resolve of this.#changed.splice(0)) resolve();
  }
}

/** A server whose connections a test plays by hand. */
export class RawServer implements AsyncDisposable {
  readonly #server: Server;
  readonly peers: RawPeer[] = [];
  readonly #unclaimed: RawPeer[] = [];
  #waiting: ((peer: RawPeer) => void)[] = [];
  address: Address = { path: '' };

  private constructor() {
    this.#server = createServer({ allowHalfOpen: true }, (socket) => {
      const peer = new RawPeer(socket);
      this.peers.push(peer);
      const claim = this.#waiting.shift();
      if (claim === undefined) this.#unclaimed.push(peer);
      else claim(peer);
    });
  }

  /** Listens on a free port of 127.0.0.1, or on a Unix socket. */
  static async listen(path?: string): Promise<RawServer> {
    const server = new RawServer();
    if (path === undefined) server.#server.listen(0, '127.0.0.1');
    else server.#server.listen(path);
    await once(server.#server, 'listening');
    const bound = server.#server.address();
    server.address =
      typeof bound === 'object' && bound !== null ? { host: '127.0.0.1', port: bound.port } : { path: bound! };
    return server;
  }

  /** The next connection that no test has taken yet. */
  accept(): Promise<RawPeer> {
    const peer = this.#unclaimed.shift();
    if (peer !== undefined) return Promise.resolve(peer);
    const { promise, resolve } = Promise.withResolvers<RawPeer>();
    this.#waiting.push(resolve);
    return promise;
  }

  /** The next connection, once a request's head has come. */
  async acceptRequest(): Promise<RawPeer> {
    const peer = await this.accept();
    await peer.until('\r\n\r\n');
    return peer;
  }

  async close(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const peer of this.peers) peer.destroy();
    await closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

export async function connectRaw(address: Address): Promise<RawPeer> {
  const socket = connect({ ...address, allowHalfOpen: true });
  const peer = new RawPeer(socket);
  await once(socket, 'connect');
  return peer;
}

/** One turn of the event loop, in which sockets are polled. */
export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
