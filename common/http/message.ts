import type { EventEmitter } from 'node:events';
import type { IncomingHttpHeaders, OutgoingHttpHeader, OutgoingHttpHeaders } from 'node:http';
import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import type { AnswerFraming } from './answer-head.ts';
import type { Fields } from './fields.ts';

/** A request to be served, as node:http and our own server (server/) both give it; the body is the stream. */
export interface HttpRequest extends Readable {
  readonly method?: string | undefined;
  /** The request target, byte for byte. */
  url?: string | undefined;
  readonly httpVersionMajor: number;
  readonly httpVersionMinor: number;
  readonly headers: IncomingHttpHeaders;
  /** Flat, as they came. */
  readonly rawHeaders: string[];
  /** The same, cheaper where few of them are looked at. Our own server's only; see `fieldsOf`. */
  readonly fields?: Fields;
  /** Flat; after the end of the body. */
  readonly rawTrailers: string[];
  /** The body has been received whole, though it may still be unread. */
  readonly complete: boolean;
  readonly socket: Socket;
  /** The client waits for 100 with its body, and nobody has started to read it. Our own server's only. */
  readonly awaitsContinue?: boolean;
  /** All of the body, if it is here and nobody has begun to read the stream, which then is empty. Our own server's only. */
  takeBody?(): Buffer[] | undefined;
  /**
   * Has the body, from its first byte, given to `sink` past the stream, which nobody must have begun to read; what is
   * here at once. `undefined` takes that back: what comes is kept again. Our own server's only.
   *
   * @returns false when somebody reads the stream already
   */
  giveBody?(sink: BodySink | undefined): boolean;
  /** After the sink's `onRequestData` returned false: the body may go on. Our own server's only. */
  resumeBody?(): void;
  /** Calls `onExceeded` once more than `maxBytes` of the body are here, perhaps at once. Our own server's only. */
  limitBody?(maxBytes: number, onExceeded: () => void): void;
}

/** Who takes the body of a request as it comes. */
export interface BodySink {
  /**
   * `chunk` is valid only until this returns: it may lie in the shared read buffer.
   *
   * @returns false to pause after what is here already; `resumeBody` goes on
   */
  onRequestData(chunk: Buffer): boolean;
  /** Instead, once: all of a short body, Latin-1. */
  onRequestText(body: string): void;
  /** The body is whole. Not called when the connection is cut before. */
  onRequestEnd(): void;
}

/** The answer to a request, as node:http and our own server both take it. */
export interface HttpResponse extends EventEmitter {
  readonly req: HttpRequest;
  statusCode: number;
  /** False makes it the last answer on its connection. */
  shouldKeepAlive: boolean;
  /** writeHead was called. */
  readonly headersSent: boolean;
  readonly destroyed: boolean;
  readonly closed: boolean;
  readonly writableEnded: boolean;
  readonly writableFinished: boolean;
  readonly socket: Socket | null;
  setHeader(name: string, value: number | string | readonly string[]): this;
  hasHeader(name: string): boolean;
  /** `headers`: an object, or a flat list. */
  writeHead(status: number, reason?: string, headers?: OutgoingHttpHeaders | OutgoingHttpHeader[]): this;
  writeHead(status: number, headers?: OutgoingHttpHeaders | OutgoingHttpHeader[]): this;
  /**
   * As writeHead, for lines that are known to be sound and end-to-end, and have a Content-Length when `framing` says
   * so. `trailer` are the names of trailers to declare. Our own server's only.
   */
  writeCheckedHead?(
    status: number,
    reason: string,
    lines: string,
    framing: AnswerFraming,
    hasDate: boolean,
    trailer?: string,
  ): void;
  writeInformation?: unknown;
  /** Of the body, given to the socket so far. Our own server's only. */
  readonly bodyBytes?: number;
  flushHeaders(): void;
  /** Chunks in the shared read buffer may be written: they are copied. Our own server's only. */
  readonly copiesReadBuffer?: boolean;
  /** @returns false: wait for `drain` */
  write(chunk: string | Uint8Array): boolean;
  end(chunk?: string | Uint8Array): this;
  end(chunk: string, encoding: BufferEncoding): this;
  addTrailers(trailers: OutgoingHttpHeaders | readonly [string, string][]): void;
  destroy(error?: Error): this;
}
