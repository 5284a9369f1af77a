import type { Socket } from 'node:net';
import { Deadline, type Expiring } from '../deadline.ts';
import { FieldError } from '../field-parser.ts';
import { kept } from '../read-buffer.ts';
import { type DirectReads, readDirectly } from './direct-reads.ts';
import { type BodySource, IncomingRequest } from './incoming-request.ts';
import { Linger } from './linger.ts';
import { type AnswerOwner, OutgoingAnswer } from './outgoing-answer.ts';
import { refusal } from './refusal.ts';
import { RefusedRequest, type RequestHead } from './request-head.ts';
import { RequestParser, type RequestSink } from './request-parser.ts';
import type { HttpServer } from './server.ts';

/** Of requests that came before their turn; beyond it the client has to wait. */
const MAX_HELD_BYTES = 65_536;

/** One client's connection, which serves one request after the other, in their order. */
export class ServerConnection implements RequestSink, AnswerOwner, BodySource, Expiring {
  readonly socket: Socket;
  readonly #direct: DirectReads | undefined;
  readonly #server: HttpServer;
  readonly #parser: RequestParser;
  /** Until it has been received and answered. */
  #req: IncomingRequest | undefined = undefined;
  #answer: OutgoingAnswer | undefined = undefined;
  /** Given to the socket, not written yet. */
  readonly #unwritten: OutgoingAnswer[] = [];
  /** The head at hand, until its request is dispatched: what came with it of the body shall be there. */
  #head: RequestHead | undefined = undefined;
  #held: Buffer | undefined = undefined;
  #deadline: Deadline | undefined = undefined;
  /** The deadline is for the next request to begin. */
  #isIdle = false;
  #keepAlive = true;
  #consuming = false;
  #paused = false;
  /** Nothing more is served. */
  #ending = false;
  /** After the last answer, when the client was not through. */
  #linger: Linger | undefined = undefined;
  /** Another protocol, or another server, has taken over. */
  #detached = false;
  /** The request at hand is another server's. */
  #isOthers = false;

  constructor(accepted: Socket, server: HttpServer) {
    const direct = readDirectly(accepted, this.#onRead);
    const socket = direct?.socket ?? accepted;
    this.socket = socket;
    this.#direct = direct;
    this.#server = server;
    this.#parser = new RequestParser(this, server.maxHeadBytes);
    // A client that sends no more has gone: see #onEnd.
    socket.allowHalfOpen = false;
    if (direct === undefined) socket.on('data', this.#onData);
    socket.on('drain', this.#onDrain);
    socket.on('end', this.#onEnd);
    socket.on('error', ignore);
    socket.on('close', () => this.#onClose());
    this.#arm(server.requestTimeoutMs);
  }

  /** Part of a request is here. */
  get #isWaiting(): boolean {
    return !this.#ending && (this.#parser.inHead || this.#req?.complete === false);
  }

  get mayStay(): boolean {
    return this.#keepAlive && !this.#server.draining;
  }

  get stayLines(): string {
    return this.#server.stayLines;
  }

  /** The server accepts no more: ends now when idle, else after the answer. */
  close(): void {
    if (this.#req === undefined && this.#unwritten.length === 0 && !this.#parser.inHead) this.socket.destroy();
  }

  destroy(): void {
    this.socket.destroy();
  }

  onParsedHead(head: RequestHead): boolean {
    this.#deadline?.cancel();
    this.#deadline = undefined;
    if (this.#server.others !== undefined && !this.#server.others.owns(head)) {
      this.#isOthers = true;
      return false;
    }
    this.#keepAlive = head.keepAlive;
    this.#head = head;
    this.#req = new IncomingRequest(head, this);
    return true;
  }

  onParsedData(chunk: Buffer): void {
    if (!this.#answer?.writableEnded) this.#req!.receive(chunk);
  }

  onParsedBody(body: string): void {
    this.#req!.receiveWhole(body);
  }

  onParsedEnd(trailers: string[]): void {
    this.#deadline?.cancel();
    this.#deadline = undefined;
    this.#req!.receiveEnd(trailers);
    if (this.#answer?.writableEnded) this.#exchangeOver();
  }

  wantBody(): void {
    const req = this.#req;
    if (req?.awaitsContinue) {
      req.awaitsContinue = false;
      // Also read when an answer is through and the rest is thrown away: a 100 would then be bytes out of place.
      if (!this.#answer?.headersSent) this.socket.write('HTTP/1.1 100 Continue\r\n\r\n', 'latin1');
    }
    this.#resume();
  }

  holdBody(): void {
    this.#pause();
  }

  onAnswerEnd(answer: OutgoingAnswer, stays: boolean): void {
    this.#unwritten.push(answer);
    if (!stays) this.#ending = true;
    else if (this.#req!.complete) this.#exchangeOver();
    // Nobody wants the rest of the body, but the next request is behind it.
    else this.#resume();
  }

  onAnswerWritten(answer: OutgoingAnswer): void {
    const at = this.#unwritten.indexOf(answer);
    if (at === -1) return;
    if (at === this.#unwritten.length - 1) this.#unwritten.pop();
    else this.#unwritten.splice(at, 1);
    const isLast = this.#ending || (this.#server.closed && this.#req === undefined);
    if (isLast && this.#unwritten.length === 0 && !this.#detached) this.#shut();
    answer.close(false);
  }

  onDeadline(): void {
    const expired = this.#deadline;
    // What arrived while this process was busy with something else is read first: it was not late.
    setImmediate(() => {
      if (this.#deadline === expired) this.#onLate();
    });
  }

  #onLate(): void {
    const { requestTimeoutMs, bodyTimeoutMs } = this.#server;
    const limitMs = this.#req === undefined ? requestTimeoutMs : bodyTimeoutMs;
    if (this.#isWaiting) this.#refuse(408, `the request took longer than ${limitMs} ms to come`);
    else this.socket.destroy();
  }

  readonly #onRead = (chunk: Buffer): boolean => {
    // Whoever has taken over reads the stream.
    if (this.#detached) return this.#direct!.push(kept(chunk));
    this.#onData(chunk);
    return !this.#paused;
  };

  readonly #onData = (chunk: Buffer): void => {
    if (this.#ending) {
      this.#linger?.hear();
    } else if (this.#held !== undefined) {
      this.#held = Buffer.concat([this.#held, chunk]);
      if (this.#held.length > MAX_HELD_BYTES) this.#pause();
    } else {
      this.#consume(chunk);
    }
  };

  #consume(chunk: Buffer): void {
    this.#consuming = true;
    try {
      let at = 0;
      while (at < chunk.length && !this.#ending) {
        if (this.#req?.complete) {
          this.#held = kept(chunk.subarray(at));
          break;
        }
        at = this.#parser.execute(chunk, at);
        if (this.#isOthers) {
          this.#giveAway(chunk.subarray(at));
          return;
        }
        if (this.#head === undefined) continue;
        const head = this.#head;
        this.#head = undefined;
        if (head.upgrades && this.#server.onUpgrade !== undefined) {
          this.#upgrade(kept(chunk.subarray(at)));
          return;
        }
        this.#answer = new OutgoingAnswer(this.#req!, this);
        this.#dispatch(this.#req!, this.#answer);
      }
    } catch (error) {
      if (!(error instanceof FieldError)) throw error;
      this.#refuse(error instanceof RefusedRequest ? error.status : 400, error.message);
    } finally {
      this.#consuming = false;
    }
    if (this.#isWaiting && (this.#deadline === undefined || this.#isIdle))
      this.#arm(this.#req === undefined ? this.#server.requestTimeoutMs : this.#server.bodyTimeoutMs);
  }

  #dispatch(req: IncomingRequest, answer: OutgoingAnswer): void {
    try {
      this.#server.onRequest(req, answer);
    } finally {
      req.keepBody();
    }
  }

  #exchangeOver(): void {
    this.#req = undefined;
    this.#answer = undefined;
    this.#resume();
    const held = this.#held;
    this.#held = undefined;
    if (this.#server.idleTimeoutMs > 0) {
      this.#arm(this.#server.idleTimeoutMs);
      this.#isIdle = true;
    }
    if (held !== undefined && !this.#consuming) this.#consume(held);
  }

  #upgrade(rest: Buffer): void {
    const { socket } = this;
    this.#detach();
    socket.pause();
    this.#server.onUpgrade!(this.#req!, socket, rest);
  }

  /** All answers so far have been given to the socket, so that the other server's come behind them. */
  #giveAway(rest: Buffer): void {
    const { socket } = this;
    this.#detach();
    this.#resume();
    socket.allowHalfOpen = true;
    socket.unshift(Buffer.concat([this.#parser.headBytes, rest]));
    this.#server.forget(this);
    this.#server.others!.serve(socket);
  }

  #detach(): void {
    this.#detached = true;
    this.socket.off('data', this.#onData).off('drain', this.#onDrain).off('end', this.#onEnd);
  }

  /** Answers what is no request, unless an answer is on its way already, and serves nothing more. */
  #refuse(status: number, message: string): void {
    this.#ending = true;
    const answer = this.#answer;
    if (answer?.headersSent && !answer.writableEnded) {
      this.socket.destroy();
      return;
    }
    // Nobody has to be told what was wrong with the rest of a request that has been answered.
    if (!answer?.headersSent) this.socket.write(refusal(status, message, this.#server.internal), 'latin1');
    this.#readOn();
    this.#req?.cut();
    answer?.close(true);
  }

  /** Sends the end, and reads on for a while when the client is not through. */
  #shut(): void {
    if (this.#req?.complete === false || this.#held !== undefined || this.#parser.inHead) {
      this.#readOn();
      return;
    }
    this.#ending = true;
    this.#deadline?.cancel();
    this.socket.destroySoon();
  }

  #readOn(): void {
    this.#ending = true;
    this.#held = undefined;
    this.#deadline?.cancel();
    this.#linger ??= new Linger(this.socket);
    this.#resume();
  }

  readonly #onDrain = (): void => this.#answer?.onDrain();

  /** The client sends no more. Who hangs up looks the same, so that what it asked for is not worked on any longer. */
  readonly #onEnd = (): void => {
    if (this.#answer !== undefined && !this.#answer.writableEnded) this.socket.destroy();
  };

  #onClose(): void {
    this.#ending = true;
    this.#held = undefined;
    this.#deadline?.cancel();
    this.#linger?.cancel();
    this.#server.forget(this);
    if (this.#detached) return;
    this.#req?.cut();
    for (const answer of this.#unwritten.splice(0)) answer.close(true);
    this.#answer?.close(true);
  }

  #arm(limitMs: number): void {
    this.#isIdle = false;
    this.#deadline?.cancel();
    this.#deadline = limitMs > 0 ? new Deadline(this, limitMs) : undefined;
  }

  #pause(): void {
    if (this.#paused || this.#ending) return;
    this.#paused = true;
    this.socket.pause();
  }

  #resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.socket.resume();
  }
}

const ignore = (): void => {};
