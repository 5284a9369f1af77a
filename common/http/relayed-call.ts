import type { AnswerHead } from './answer-head.ts';
import { Deadline, type Expiring } from './deadline.ts';
import { fieldsOf } from './fields.ts';
import { safeTrailerNames, safeTrailers } from './headers.ts';
import type { BodySink, HttpRequest, HttpResponse } from './message.ts';
import { kept } from './read-buffer.ts';
import type { Relay, RelayOptions, RelayOutcome } from './relay.ts';
import { bodyOf, framingOf, isEventStream, relayedHead } from './relayed-head.ts';
import { isLast } from './strict.ts';
import type { AnswerHandler, OutgoingRequest, Upstream, UpstreamCall } from './upstream.ts';
import type { UpstreamError } from './upstream-error.ts';

/** Safe to send twice (RFC 9110 section 9.2.2), and no TRACE. */
const IDEMPOTENT = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']);

const kRelay = Symbol('relay');
type RelayedRequest = HttpRequest & { [kRelay]?: RelayedCall | undefined };
type RelayedResponse = HttpResponse & { [kRelay]?: RelayedCall | undefined };

/** One call of `relay`: both directions, its time limit and how it ended. */
export class RelayedCall implements AnswerHandler, BodySink, Expiring, Relay {
  readonly #req: RelayedRequest;
  readonly #res: RelayedResponse;
  readonly #options: RelayOptions;
  #call: UpstreamCall | undefined = undefined;
  #deadline: Deadline | undefined = undefined;
  #body: OutgoingRequest['body'] = 'none';
  #reading = false;
  /** The request's body comes past its stream. */
  #bodyGiven = false;
  #requestBytes = 0;
  #answerBytes = 0;
  #answer: AnswerHead | undefined = undefined;
  /** writeHead was called, and nothing has left yet: the first piece of the body shall go with it. */
  #headHeld = false;
  #draining = false;
  #done = false;

  constructor(req: HttpRequest, res: HttpResponse, options: RelayOptions) {
    this.#req = req;
    this.#res = res;
    this.#options = options;
  }

  start(upstream: Upstream): void {
    const req = this.#req;
    const res = this.#res;
    const options = this.#options;
    // It may have gone while the call waited for a replica.
    if (res.destroyed || req.socket.destroyed) {
      process.nextTick(onGoneBefore, this);
      return;
    }
    const fields = fieldsOf(req);
    const body = bodyOf(fields);
    this.#body = body;
    const head = relayedHead(req, fields, options, framingOf(fields, body));
    const call = upstream.sendHead(head, req.method === 'HEAD', body, this);
    this.#call = call;
    // Listeners stay when the call is done: taking them off costs more, and another attempt uses them again.
    if (res[kRelay] === undefined) res.on('close', onResponseClose);
    res[kRelay] = this;
    // The answer to a pipelined request has no socket before its turn, and hears nothing of the client's going.
    if (res.socket === null) {
      if (req[kRelay] === undefined) req.on('close', onRequestClose);
      req[kRelay] = this;
    }
    const { timeoutMs } = options;
    if (timeoutMs !== undefined && timeoutMs > 0) this.#deadline = new Deadline(this, timeoutMs);
    if (body !== 'none' && call.writable) this.#startReading();
  }

  abort(): void {
    if (!this.#done) this.#endBy('aborted');
  }

  onDrain(): void {
    if (this.#body === 'none') return;
    if (this.#bodyGiven) this.#req.resumeBody!();
    else if (this.#reading) this.#req.resume();
    else this.#startReading();
  }

  onInformational(status: number, headers: string[]): void {
    const res = this.#res;
    // HTTP/1.0 knows no informational answers; before Node 26.2 there is no way to write them all.
    if (this.#req.httpVersionMinor === 0 || res.headersSent || typeof res.writeInformation !== 'function') return;
    res.writeInformation(status, headers);
  }

  onHead(head: AnswerHead): void {
    const { answerHeaders, timeoutExemptStreams } = this.#options;
    const res = this.#res;
    const { status, fields } = head;
    this.#answer = head;
    if (timeoutExemptStreams && this.#deadline !== undefined && isEventStream(fields)) this.#deadline.cancel();
    const added = answerHeaders === undefined ? NONE : this.#options.answerHeaders!(status, fields);
    const isChunked = head.framing === 'chunked' && this.#req.httpVersionMinor === 1;
    const trailer = isChunked ? safeTrailerNames(head.trailer) : undefined;
    if (res.writeCheckedHead !== undefined) {
      let lines = fields.lines(added, keepAll);
      for (let i = 0; i < added.length; i += 2) lines += `${added[i]!}: ${added[i + 1]!}\r\n`;
      res.writeCheckedHead(status, head.reason, lines, head.framing, fields.has('date'), trailer);
    } else {
      const replaced = added.filter((_, i) => i % 2 === 0).map((name) => name.toLowerCase());
      const sent = fields.without(replaced).flat().concat(added);
      if (trailer !== undefined) sent.push('Trailer', trailer);
      if (isLast(this.#req)) sent.push('Connection', 'close');
      res.writeHead(status, head.reason, sent);
    }
    this.#headHeld = true;
  }

  onBody(body: string): void {
    this.#answerBytes = body.length;
    this.#res.end(body, 'latin1');
  }

  onData(chunk: Buffer, last: boolean): boolean {
    const res = this.#res;
    this.#answerBytes += chunk.length;
    const piece = res.copiesReadBuffer ? chunk : kept(chunk);
    if (last) {
      res.end(piece);
      return true;
    }
    this.#headHeld = false;
    if (res.write(piece)) return true;
    if (!this.#draining) {
      this.#draining = true;
      res.on('drain', onResponseDrain);
    }
    return false;
  }

  onReadEnd(): void {
    if (!this.#headHeld) return;
    this.#headHeld = false;
    this.#res.flushHeaders();
  }

  onEnd(trailers: string[]): void {
    const res = this.#res;
    if (trailers.length > 0 && this.#req.httpVersionMinor === 1) res.addTrailers(trailerPairs(safeTrailers(trailers)));
    if (!res.writableEnded) res.end();
    this.#finish({
      kind: 'answered',
      status: this.#answer!.status,
      requestBytes: this.#requestBytes,
      answerBytes: this.#answerBytes,
      answerHeaders: this.#answer!.fields,
    });
  }

  onError(error: UpstreamError): void {
    const headSent = this.#cutIfSent();
    const retryable = !headSent && this.#requestBytes === 0 && this.#mayRepeat(error);
    this.#finish({
      kind: 'failed',
      error,
      headSent,
      retryable,
      requestBytes: this.#requestBytes,
      ...statusOf(this.#answer),
    });
  }

  onDeadline(): void {
    this.#endBy('timed_out');
  }

  onResponseDrain(): void {
    this.#call!.resume();
  }

  onClientGone(): void {
    if (this.#done) return;
    this.#call?.destroy();
    this.#finish({ kind: 'client_gone', requestBytes: this.#requestBytes, ...statusOf(this.#answer) });
  }

  onRequestData(chunk: Buffer): boolean {
    this.#requestBytes += chunk.length;
    return this.#call!.write(chunk);
  }

  onRequestText(body: string): void {
    this.#requestBytes += body.length;
    this.#call!.writeText(body);
  }

  onRequestEnd(): void {
    this.#call!.end(safeTrailers(this.#req.rawTrailers));
  }

  #startReading(): void {
    const req = this.#req;
    this.#reading = true;
    this.#bodyGiven = req.giveBody?.(this) ?? false;
    if (this.#bodyGiven) return;
    if (req.readableEnded) {
      this.onRequestEnd();
      return;
    }
    req[kRelay] = this;
    req.on('data', onRequestData);
    req.on('end', onRequestEnd);
    // An earlier attempt may have paused it.
    if (req.isPaused()) req.resume();
  }

  #mayRepeat(error: UpstreamError): boolean {
    if (error.kind === 'connect') return true;
    return error.kind === 'reset_before_head' && error.reused && IDEMPOTENT.has(this.#req.method!);
  }

  #endBy(kind: 'aborted' | 'timed_out'): void {
    this.#call?.destroy();
    const headSent = this.#cutIfSent();
    this.#finish({ kind, headSent, requestBytes: this.#requestBytes, ...statusOf(this.#answer) });
  }

  /** An answer that cannot be finished must not look finished. @returns whether any of it was sent */
  #cutIfSent(): boolean {
    const res = this.#res;
    if (!res.headersSent) return false;
    // Without a length or chunks the connection's end is the body's end, so it must not be a clean one.
    if (this.#req.httpVersionMinor === 0 && this.#answer?.framing !== 'length') res.socket?.resetAndDestroy();
    res.destroy();
    return true;
  }

  #finish(outcome: RelayOutcome): void {
    this.#done = true;
    this.#deadline?.cancel();
    if (this.#draining) this.#res.off('drain', onResponseDrain);
    if (this.#reading) this.#stopReading(outcome.kind === 'answered');
    this.#options.onDone(outcome);
  }

  /** What is left of the body: nobody wants it after an answer; after a failure the next attempt may. */
  #stopReading(discard: boolean): void {
    const req = this.#req;
    if (this.#bodyGiven) {
      req.giveBody!(undefined);
      return;
    }
    req.off('data', onRequestData);
    req.off('end', onRequestEnd);
    if (discard) req.resume();
    else req.pause();
  }
}

const NONE: readonly string[] = [];
const keepAll = (): boolean => false;

// Listeners that all calls share find theirs on the emitter: none is made per call.
function onResponseClose(this: RelayedResponse): void {
  this[kRelay]!.onClientGone();
}
function onResponseDrain(this: RelayedResponse): void {
  this[kRelay]!.onResponseDrain();
}
function onRequestClose(this: RelayedRequest): void {
  if (this.destroyed && this.socket.destroyed) this[kRelay]!.onClientGone();
}
function onRequestData(this: RelayedRequest, chunk: Buffer): void {
  if (!this[kRelay]!.onRequestData(chunk)) this.pause();
}
function onRequestEnd(this: RelayedRequest): void {
  this[kRelay]!.onRequestEnd();
}
const onGoneBefore = (relayed: RelayedCall): void => relayed.onClientGone();

function statusOf(answer: AnswerHead | undefined): { readonly status?: number } {
  return answer === undefined ? {} : { status: answer.status };
}

function trailerPairs(trailers: readonly string[]): [string, string][] {
  const pairs: [string, string][] = [];
  for (let i = 0; i < trailers.length; i += 2) pairs.push([trailers[i]!, trailers[i + 1]!]);
  return pairs;
}
