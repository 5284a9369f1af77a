import { connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { FaasError } from '../errors.ts';
import type { AnswerHead } from './answer-head.ts';
import { AnswerParser, type AnswerSink } from './answer-parser.ts';
import { FieldError } from './field-parser.ts';
import { fieldsOf } from './fields.ts';
import type { HttpRequest } from './message.ts';
import { ERROR_CODE_HEADER, INTERNAL_HEADER, toProblem } from './problem.ts';
import { relayedHead } from './relayed-head.ts';
import { fieldLine } from './request-head.ts';
import { CLIENT_CLOSED } from './status-codes.ts';
import type { Address } from './upstream.ts';

export interface RelayUpgradeOptions {
  /** Request target for the upstream, byte for byte; the request's own by default. */
  readonly target?: string;
  /** Flat list; replaces same-named headers of the request. */
  readonly addRequestHeaders?: readonly string[];
  /** How long the connection may take to open; 1000 by default. */
  readonly connectTimeoutMs?: number;
  /** Value of X-OpenFaaS-Internal in a 502 of ours. */
  readonly internal?: string;
  /**
   * Called exactly once, when both connections have ended. `status` of the answer: the upstream's, 502 of ours, or 499
   * when the client left before one.
   */
  onDone?(outcome: { readonly status: number }): void;
}

/**
 * Carries an upgrade request (WebSocket) to `address` and, once that answers 101, bytes both ways until either side
 * ends. Passes on another answer and closes. Answers 502 when the upstream cannot be reached or makes no sense.
 *
 * Nothing that the client sends behind its request goes on before the 101: to a server that does not upgrade it would
 * be a request that nobody has checked.
 */
export function relayUpgrade(
  req: HttpRequest,
  socket: Duplex,
  head: Buffer,
  address: Address,
  options: RelayUpgradeOptions = {},
): void {
  new RelayedUpgrade(req, socket, head, address, options);
}

/** Of what the client sends before the 101; beyond it the client has to wait. */
const MAX_EARLY_BYTES = 65_536;

class RelayedUpgrade implements AnswerSink {
  readonly #client: Duplex;
  /** Came before the 101. */
  readonly #early: Buffer[];
  #earlyBytes: number;
  readonly #upstream: Socket;
  readonly #options: RelayUpgradeOptions;
  readonly #parser = new AnswerParser(this);
  #timer: NodeJS.Timeout | undefined;
  #status: number | undefined = undefined;
  #answered = false;
  #open = 2;

  constructor(req: HttpRequest, client: Duplex, head: Buffer, address: Address, options: RelayUpgradeOptions) {
    this.#client = client;
    this.#early = [head];
    this.#earlyBytes = head.length;
    this.#options = options;
    const limitMs = options.connectTimeoutMs ?? 1000;
    const upstream = connect({ ...address, noDelay: true, allowHalfOpen: true });
    this.#upstream = upstream;
    this.#timer = setTimeout(() => upstream.destroy(new Error(`no connection within ${limitMs} ms`)), limitMs);
    upstream.on('connect', () => clearTimeout(this.#timer));
    upstream.on('error', (error) => this.#fail(error));
    upstream.on('data', this.#onData);
    upstream.on('end', () => this.#onUpstreamEnd());
    upstream.on('close', () => this.#onClose(client));
    client.on('error', () => upstream.destroy());
    // Read from the start, because one that is not read is not seen to leave.
    client.on('data', this.#onEarly);
    client.on('end', this.#onEarlyEnd);
    client.resume();
    client.on('close', () => {
      this.#status ??= CLIENT_CLOSED;
      this.#onClose(upstream);
    });
    this.#parser.start(false);
    upstream.write(upgradeHead(req, options), 'latin1');
  }

  readonly #onData = (chunk: Buffer): void => {
    try {
      this.#parser.execute(chunk, chunk.length);
    } catch (error) {
      if (!(error instanceof FieldError)) throw error;
      this.#fail(error);
    }
  };

  readonly #onEarly = (chunk: Buffer): void => {
    this.#early.push(chunk);
    this.#earlyBytes += chunk.length;
    if (this.#earlyBytes > MAX_EARLY_BYTES) this.#client.pause();
  };

  readonly #onEarlyEnd = (): void => {
    if (this.#status === undefined) this.#client.destroy();
  };

  onParsedInformational(): void {}

  onParsedUpgrade(head: AnswerHead, rest: Buffer): void {
    this.#upstream.off('data', this.#onData);
    this.#status = 101;
    this.#answered = true;
    const lines = ['Connection', 'Upgrade', ...(head.upgrade === undefined ? [] : ['Upgrade', head.upgrade])];
    this.#client.write(answerHead(101, head.reason, [...lines, ...head.fields.flat()]), 'latin1');
    if (rest.length > 0) this.#client.write(Buffer.from(rest));
    this.#client.off('data', this.#onEarly).off('end', this.#onEarlyEnd);
    for (const chunk of this.#early) if (chunk.length > 0) this.#upstream.write(chunk);
    this.#client.pipe(this.#upstream);
    this.#upstream.pipe(this.#client);
  }

  onParsedHead(head: AnswerHead): void {
    this.#status = head.status;
    this.#client.write(answerHead(head.status, head.reason, [...head.fields.flat(), 'Connection', 'close']), 'latin1');
  }

  onParsedData(chunk: Buffer): void {
    if (this.#client.write(chunk)) return;
    this.#upstream.pause();
    this.#client.once('drain', () => this.#upstream.resume());
  }

  onParsedBody(body: string): void {
    this.#client.write(body, 'latin1');
  }

  onParsedEnd(): void {
    this.#answered = true;
    this.#client.end();
    this.#upstream.destroy();
  }

  #onUpstreamEnd(): void {
    if (this.#answered || this.#parser.finish()) return;
    this.#fail(new Error('the connection was closed'));
  }

  #fail(error: Error): void {
    clearTimeout(this.#timer);
    this.#upstream.destroy();
    if (this.#answered) return;
    this.#answered = true;
    this.#parser.stop();
    if (this.#status !== undefined) {
      // Part of the answer has left: it must not look whole.
      this.#client.destroy();
      return;
    }
    this.#status = 502;
    const message = `The function could not take the upgrade: ${error.message}`;
    const problem = toProblem(new FaasError('upstream_failed', message));
    const body = JSON.stringify(problem);
    const headers = ['Content-Type', 'application/problem+json', 'Content-Length', String(Buffer.byteLength(body))];
    headers.push(ERROR_CODE_HEADER, problem.code, 'Connection', 'close');
    if (this.#options.internal !== undefined) headers.push(INTERNAL_HEADER, this.#options.internal);
    this.#client.write(answerHead(502, 'Bad Gateway', headers), 'latin1');
    this.#client.end(body);
  }

  /** One side has closed: `other` has nobody to talk to. */
  #onClose(other: Duplex): void {
    clearTimeout(this.#timer);
    if (--this.#open === 0) this.#options.onDone?.({ status: this.#status! });
    else if (other.writableEnded) other.resume();
    else other.destroy();
  }
}

/** It has no body: what follows the head is of the protocol to come. */
function upgradeHead(req: HttpRequest, options: RelayUpgradeOptions): string {
  const framing = `Connection: Upgrade\r\n${fieldLine('Upgrade', req.headers.upgrade ?? '')}`;
  return relayedHead(req, fieldsOf(req), { ...options, target: options.target ?? req.url! }, framing);
}

function answerHead(status: number, reason: string, headers: readonly string[]): string {
  let head = `HTTP/1.1 ${status} ${reason}\r\n`;
  for (let i = 0; i < headers.length; i += 2) head += fieldLine(headers[i]!, headers[i + 1]!);
  return `${head}\r\n`;
}
