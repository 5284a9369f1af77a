import type { IncomingHttpHeaders } from 'node:http';
import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import { Fields } from '../fields.ts';
import type { BodySink, HttpRequest } from '../message.ts';
import { kept } from '../read-buffer.ts';
import { headerObject } from './header-object.ts';
import type { RequestHead } from './request-head.ts';

/** Of a body, kept before somebody reads it. */
const READ_AHEAD_BYTES = 65_536;
const STREAM_OPTIONS = { highWaterMark: READ_AHEAD_BYTES };

/** Where a request's body comes from. */
export interface BodySource {
  readonly socket: Socket;
  /** Somebody starts to read, or wants more. */
  wantBody(): void;
  /** Enough for now. */
  holdBody(): void;
}

/**
 * A request of our server, with the face of node:http's IncomingMessage. Its stream is set going only when somebody
 * reads it: what comes before is kept in a list, which `takeBody` gives away as it is.
 */
export class IncomingRequest extends Readable implements HttpRequest {
  readonly method: string;
  url: string;
  rawTrailers: string[] = [];
  readonly httpVersionMajor = 1;
  readonly httpVersionMinor: number;
  complete = false;
  aborted = false;
  awaitsContinue: boolean;
  #source: BodySource;
  readonly #fields: Fields;
  /** Made when first asked for; from then on they can have been changed. */
  #rawHeaders: string[] | undefined = undefined;
  #headers: IncomingHttpHeaders | undefined = undefined;
  /** Until the stream is read. */
  #early: Buffer[] | undefined = [];
  #earlyBytes = 0;
  /** Instead of `#early`: all of a short body, Latin-1. */
  #whole: string | undefined = undefined;
  /** What `#early` holds outlasts the read that it came by. */
  #lasting = false;
  #sink: BodySink | undefined = undefined;
  #streaming = false;
  /** What may still come before `#onExceeded` is called. */
  #allowance = Number.POSITIVE_INFINITY;
  #onExceeded: (() => void) | undefined = undefined;

  constructor(head: RequestHead, source: BodySource) {
    super(STREAM_OPTIONS);
    this.method = head.method;
    this.url = head.target;
    this.#fields = head.fields;
    this.httpVersionMinor = head.minor;
    this.awaitsContinue = head.expectsContinue && (head.chunked || head.length > 0);
    this.#source = source;
  }

  get fields(): Fields {
    return this.#rawHeaders === undefined ? this.#fields : Fields.of(this.#rawHeaders);
  }
  get rawHeaders(): string[] {
    return (this.#rawHeaders ??= this.#fields.flat());
  }
  get headers(): IncomingHttpHeaders {
    return (this.#headers ??= headerObject(this.rawHeaders));
  }
  set headers(headers: IncomingHttpHeaders) {
    this.#headers = headers;
  }
  get trailers(): IncomingHttpHeaders {
    return headerObject(this.rawTrailers);
  }
  get httpVersion(): string {
    return `1.${this.httpVersionMinor}`;
  }
  get socket(): Socket {
    return this.#source.socket;
  }
  get connection(): Socket {
    return this.#source.socket;
  }

  takeBody(): Buffer[] | undefined {
    if (!this.complete) return undefined;
    return this.#takeEarly();
  }

  giveBody(sink: BodySink | undefined): boolean {
    if (this.#early === undefined) return false;
    this.#sink = sink;
    if (sink === undefined) return true;
    const early = this.#early;
    const whole = this.#whole;
    this.#early = [];
    this.#whole = undefined;
    this.#earlyBytes = 0;
    let goesOn = true;
    if (whole !== undefined) sink.onRequestText(whole);
    for (const chunk of early) goesOn = sink.onRequestData(chunk);
    if (this.complete) sink.onRequestEnd();
    else if (goesOn) this.#source.wantBody();
    else this.#source.holdBody();
    return true;
  }

  resumeBody(): void {
    if (!this.complete) this.#source.wantBody();
  }

  limitBody(maxBytes: number, onExceeded: () => void): void {
    this.#allowance = maxBytes;
    this.#onExceeded = onExceeded;
    this.#spend(this.#earlyBytes);
  }

  setTimeout(): this {
    return this;
  }

  /** The connection's: a piece of the body. */
  receive(chunk: Buffer): void {
    this.awaitsContinue = false;
    this.#spend(chunk.length);
    if (this.#sink !== undefined) {
      if (!this.#sink.onRequestData(chunk)) this.#source.holdBody();
      return;
    }
    if (this.#streaming) {
      if (!this.push(kept(chunk))) this.#source.holdBody();
      return;
    }
    this.#early!.push(this.#lasting ? kept(chunk) : chunk);
    this.#earlyBytes += chunk.length;
    if (this.#earlyBytes >= READ_AHEAD_BYTES) this.#source.holdBody();
  }

  /** The connection's, once the request was dispatched: nobody took what came with the head, which is overwritten soon. */
  keepBody(): void {
    if (this.#lasting) return;
    this.#lasting = true;
    this.#early = this.#early?.map(kept);
  }

  /** The connection's: all of the body, Latin-1, before the request is dispatched. */
  receiveWhole(body: string): void {
    this.awaitsContinue = false;
    this.#whole = body;
    this.#earlyBytes = body.length;
  }

  /** The connection's: the body is whole. */
  receiveEnd(trailers: string[]): void {
    this.complete = true;
    this.awaitsContinue = false;
    this.rawTrailers = trailers;
    if (this.#sink !== undefined) this.#sink.onRequestEnd();
    else if (this.#streaming) this.push(null);
  }

  /** The connection's: it has ended, and the body will never be whole. */
  cut(): void {
    if (this.complete || this.destroyed) return;
    this.aborted = true;
    this.emit('aborted');
    // As in node:http: who does not listen for errors finds out by `close`, and that it is not `complete`.
    const error = Object.assign(new Error('aborted'), { code: 'ECONNRESET' });
    this.destroy(this.listenerCount('error') > 0 ? error : undefined);
  }

  override _read(): void {
    if (!this.#streaming) {
      this.#streaming = true;
      for (const chunk of this.#takeEarly() ?? []) this.push(chunk);
      if (this.complete) {
        this.push(null);
        return;
      }
    }
    if (!this.complete) this.#source.wantBody();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    callback(error);
  }

  #takeEarly(): Buffer[] | undefined {
    this.keepBody();
    const early = this.#early;
    this.#early = undefined;
    if (this.#whole !== undefined) early?.push(Buffer.from(this.#whole, 'latin1'));
    return early;
  }

  #spend(bytes: number): void {
    this.#allowance -= bytes;
    if (this.#allowance >= 0) return;
    this.#allowance = Number.POSITIVE_INFINITY;
    this.#onExceeded!();
  }
}
