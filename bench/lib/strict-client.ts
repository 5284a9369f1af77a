import { connect, type Socket } from 'node:net';

/** A call that takes longer is a failed one. */
const LIMIT_MS = 60_000;

export interface StrictAnswer {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

/**
 * One connection of a client that hides nothing: no retries, no reconnecting, and every answer must be framed by a
 * Content-Length and end exactly there.
 */
export class StrictConnection {
  readonly #socket: Socket;
  #received = Buffer.alloc(0);
  #waiting: PromiseWithResolvers<StrictAnswer> | undefined;
  #ended = false;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true).setTimeout(LIMIT_MS, () => this.#end(`nothing came for ${LIMIT_MS / 1000} s`));
    socket.on('data', (chunk: Buffer) => {
      this.#received = Buffer.concat([this.#received, chunk]);
      this.#look();
    });
    socket.once('error', (error: NodeJS.ErrnoException) => this.#end(error.code ?? error.message));
    socket.once('end', () => this.#end('the connection was closed'));
    socket.once('close', () => this.#end('the connection was closed'));
  }

  /** @throws Error of node:net */
  static async open(port: number): Promise<StrictConnection> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const socket = connect(port, '127.0.0.1', resolve).once('error', reject);
    await promise;
    socket.off('error', reject);
    return new StrictConnection(socket);
  }

  /** False once the other side has said that it closes, or has closed: no request may be sent then. */
  get usable(): boolean {
    return !this.#ended;
  }

  /** @throws Error that says how the call was lost */
  call(method: string, path: string, body: string | undefined, keepAlive: boolean): Promise<StrictAnswer> {
    this.#waiting = Promise.withResolvers();
    const length = body === undefined ? '' : `Content-Length: ${Buffer.byteLength(body)}\r\n`;
    const connection = keepAlive ? '' : 'Connection: close\r\n';
    this.#socket.write(`${method} ${path} HTTP/1.1\r\nHost: zero-loss\r\n${length}${connection}\r\n${body ?? ''}`);
    return this.#waiting.promise;
  }

  close(): void {
    this.#ended = true;
    this.#socket.destroy();
  }

  #look(): void {
    const headEnd = this.#received.indexOf('\r\n\r\n');
    if (headEnd === -1) return;
    const [statusLine, ...fields] = this.#received.toString('latin1', 0, headEnd).split('\r\n');
    const headers = new Map(
      fields.map((field) => {
        const colon = field.indexOf(':');
        return [field.slice(0, colon).toLowerCase(), field.slice(colon + 1).trim()] as const;
      }),
    );
    const length = Number(headers.get('content-length') ?? Number.NaN);
    const end = headEnd + 4 + length;
    if (Number.isNaN(length)) this.#end('an answer without Content-Length');
    else if (this.#received.length > end || !this.#waiting) this.#end('bytes after the end of an answer');
    else if (this.#received.length === end) this.#answered(statusLine!, headers, end - length, this.#waiting);
  }

  #answered(
    statusLine: string,
    headers: ReadonlyMap<string, string>,
    bodyStart: number,
    waiting: PromiseWithResolvers<StrictAnswer>,
  ): void {
    const answer = {
      status: Number(statusLine.split(' ')[1]),
      headers,
      body: this.#received.toString('utf8', bodyStart),
    };
    this.#received = Buffer.alloc(0);
    this.#waiting = undefined;
    // The server closes it, so that the port is free for the next one.
    if (headers.get('connection')?.toLowerCase() === 'close') this.#ended = true;
    waiting.resolve(answer);
  }

  #end(why: string): void {
    this.#ended = true;
    const what = this.#received.length > 0 ? `${why} in the middle of an answer` : why;
    this.#waiting?.reject(new Error(what));
    this.#waiting = undefined;
    this.#socket.destroySoon();
  }
}
