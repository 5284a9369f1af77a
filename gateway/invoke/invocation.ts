import { LONGEST_TIMER_MS } from '../../common/duration.ts';
import { ERROR_STATUS, FaasError, type FaasErrorCode } from '../../common/errors.ts';
import { type Fields, fieldsOf } from '../../common/http/fields.ts';
import type { HttpRequest, HttpResponse } from '../../common/http/message.ts';
import { ERROR_CODE_HEADER, toProblem } from '../../common/http/problem.ts';
import { type Relay, type RelayOptions, type RelayOutcome, relay } from '../../common/http/relay.ts';
import { sendProblem } from '../../common/http/send-problem.ts';
import { CLIENT_CLOSED } from '../../common/http/status-codes.ts';
import { secondsText } from '../../common/seconds-text.ts';
import type { Provider } from '../../provider/provider.ts';
import { clientAddress } from '../client-address.ts';
import type { Log } from '../log.ts';
import { limitBody } from './body-limit.ts';
import type { BusyPoll } from './busy-poll.ts';
import { type CallHead, readCallHead, requestHeaders, unixNanoseconds } from './call-head.ts';
import { chooseReplica } from './choose-replica.ts';
import type { FunctionEntry, Replica } from './function-entry.ts';
import { failureError, type WaitingRoom } from './waiting-room.ts';

/** A replica that failed to connect gets no calls for this long while there are others. */
const QUARANTINE_MS = 1000;
/** How long to wait for the cause of a replica's end before answering without it. */
const EXPLAIN_MS = 1000;
const now = (): number => performance.now();

/** What calls share. */
export interface InvocationContext {
  readonly provider: Pick<Provider, 'explain'>;
  readonly waitingRoom: WaitingRoom;
  readonly busyPoll: BusyPoll;
  /**
   * Sends a call to the gateway that replaced this one, or to the primary where this one is a worker and has no replica
   * for it; undefined while this one serves.
   */
  readonly forward: (hasReplica: boolean) => ((req: HttpRequest, res: HttpResponse) => void) | undefined;
  /** For a whole call; 0 is no limit. */
  readonly upstreamTimeoutMs: number;
  /** 0 is no limit. */
  readonly maxBodyBytes: number;
  /** Such as `dunlin/1.0.0`. */
  readonly product: string;
  /** Undefined: calls are not logged. */
  readonly accessLog: Pick<Log, 'call'> | undefined;
}

/** One call of a function, from its head to its last byte: wait, relay, retry, answer, count. */
export class Invocation implements RelayOptions {
  readonly #context: InvocationContext;
  readonly #req: HttpRequest;
  readonly #res: HttpResponse;
  readonly #entry: FunctionEntry;
  readonly target: string;
  readonly #head: CallHead;
  /** For the whole call; 0 is no limit. */
  readonly #timeoutMs: number;
  readonly #startedAt = performance.now();
  readonly #startTime = unixNanoseconds(this.#startedAt);
  /** Failed this call already. */
  #avoid: Replica | undefined;
  #relay: Relay | undefined;
  #tooLarge = false;
  /** The last one that was tried. */
  #replica: Replica | undefined;
  readonly addRequestHeaders: readonly string[];
  timeoutMs = 0;
  readonly timeoutExemptStreams = true;
  readonly addsSoundHeaders = true;

  constructor(context: InvocationContext, req: HttpRequest, res: HttpResponse, entry: FunctionEntry, target: string) {
    this.#context = context;
    this.#req = req;
    this.#res = res;
    this.#entry = entry;
    this.target = target;
    this.#head = readCallHead(fieldsOf(req));
    this.#timeoutMs = entry.rules.timeoutMs ?? context.upstreamTimeoutMs;
    this.addRequestHeaders = requestHeaders(req, this.#head, this.#startTime, context.product);
  }

  start(): void {
    this.#entry.metrics.start(this.#startedAt);
    this.#context.busyPoll.callBegins();
    const { maxBodyBytes } = this.#context;
    const { contentLength, chunked } = this.#head;
    if (maxBodyBytes > 0 && contentLength !== undefined && contentLength > maxBodyBytes) {
      this.#failTooLarge();
      return;
    }
    if (maxBodyBytes > 0 && chunked) limitBody(this.#req, maxBodyBytes, () => this.#onTooLarge());
    if (this.#tooLarge) this.#failTooLarge();
    else this.#send();
  }

  #send(): void {
    const entry = this.#entry;
    const replica = chooseReplica(entry.targets, entry.rules.maxInFlight, this.#avoid, Math.random, now);
    const forward = this.#context.forward(replica !== undefined);
    if (forward) {
      entry.metrics.takeBack(this.#startedAt);
      this.#context.busyPoll.callEnds();
      forward(this.#req, this.#res);
      return;
    }
    if (replica === undefined) this.#wait();
    else this.#relayTo(replica);
  }

  #wait(): void {
    const since = performance.now();
    const { waitingRoom } = this.#context;
    const waiter = {
      onReady: () => {
        this.#entry.metrics.waited((performance.now() - since) / 1000);
        this.#res.off('close', onGone);
        this.#send();
      },
      onFailure: (error: FaasError) => {
        this.#res.off('close', onGone);
        this.#fail(error);
      },
    };
    const onGone = () => {
      waitingRoom.leave(this.#entry, waiter);
      this.#end(CLIENT_CLOSED);
    };
    this.#res.once('close', onGone);
    try {
      waitingRoom.enter(this.#entry, waiter, this.#timeLeft());
    } catch (error) {
      this.#res.off('close', onGone);
      this.#fail(error);
    }
  }

  #relayTo(replica: Replica): void {
    replica.inFlight++;
    // Whole milliseconds: calls with the same limit share a timer, and nearly all that have not waited then do.
    const timeLeft = Math.ceil(this.#timeLeft());
    // A limit that no timer can hold is none.
    this.timeoutMs = timeLeft > LONGEST_TIMER_MS ? 0 : Math.max(1, timeLeft);
    this.#replica = replica;
    this.#relay = relay(this.#req, this.#res, replica.upstream, this);
  }

  onDone(outcome: RelayOutcome): void {
    const replica = this.#replica!;
    replica.inFlight--;
    if (this.#entry.waiters.size > 0) this.#context.waitingRoom.freed(this.#entry);
    if (outcome.kind === 'answered') this.#onAnswered(replica, outcome);
    else if (outcome.kind === 'client_gone') this.#end(CLIENT_CLOSED);
    else if (this.#tooLarge && !outcome.headSent) this.#failTooLarge();
    else if (outcome.kind === 'failed') this.#onFailed(replica, outcome);
    else if (outcome.headSent) this.#end(ERROR_STATUS.timed_out);
    else this.#fail(this.#timedOut());
  }

  #onAnswered(replica: Replica, answered: RelayOutcome & { kind: 'answered' }): void {
    const { status, answerHeaders, requestBytes } = answered;
    this.#entry.metrics.received(requestBytes);
    if (status >= 400) {
      const code = answerHeaders.get(ERROR_CODE_HEADER);
      if (code !== undefined && code in ERROR_STATUS) this.#remember(replica, code as FaasErrorCode);
    }
    this.#end(status);
  }

  /** For describe: what a watchdog said went wrong, beside what the provider sees. */
  #remember(replica: Replica, code: FaasErrorCode): void {
    const { callId } = this.#head;
    const message = `A call was answered with ${code}; its answer and the logs say more (call id ${callId})`;
    this.#entry.lastFailure = { code, message, replica: replica.id, lastLogLines: [], at: new Date(), callId };
  }

  #onFailed(replica: Replica, failed: RelayOutcome & { kind: 'failed' }): void {
    const { error, headSent, retryable } = failed;
    if (error.kind === 'connect') replica.quarantinedUntil = performance.now() + QUARANTINE_MS;
    if (headSent) this.#end(ERROR_STATUS.upstream_failed);
    else if (retryable && this.#avoid === undefined) {
      this.#avoid = replica;
      this.#send();
    } else if (error.kind === 'malformed') {
      const message = `The function's answer is no valid HTTP: ${error.message}`;
      this.#fail(new FaasError('upstream_failed', message, { cause: error }));
    } else void this.#explain(replica, error);
  }

  async #explain(replica: Replica, cause: Error): Promise<void> {
    const { provider } = this.#context;
    let error = new FaasError(
      'replica_died',
      `The replica ended or closed the connection before it answered; faas-cli logs ${this.#entry.ref.name} may say why`,
      { cause, extra: { replica: replica.id } },
    );
    try {
      const failure = await provider.explain(this.#entry.ref, replica.id, AbortSignal.timeout(EXPLAIN_MS));
      if (failure !== undefined) {
        error = failureError(failure);
        // The provider forgets it as soon as the next replica is ready, which is when somebody comes to look.
        this.#entry.lastFailure = { ...failure, callId: this.#head.callId };
      }
    } catch {
      // The call's own failure is the better answer than that of asking for its cause.
    }
    this.#fail(error);
  }

  #timedOut(): FaasError {
    const limit =
      this.#entry.rules.timeoutMs === undefined ? "the gateway's upstream_timeout" : 'its label com.dunlin.timeout';
    return new FaasError(
      'timed_out',
      `The function did not answer within ${this.#timeoutMs / 1000} s, ${limit}; raise that, or make the function faster`,
    );
  }

  /** A body without announced length has outgrown the limit under way. */
  #onTooLarge(): void {
    this.#tooLarge = true;
    this.#relay?.abort();
  }

  #failTooLarge(): void {
    const { maxBodyBytes } = this.#context;
    this.#fail(
      new FaasError(
        'body_too_large',
        `The body is larger than ${maxBodyBytes} bytes, the gateway's dunlin_max_body; send less, or raise that`,
      ),
    );
  }

  #fail(error: unknown): void {
    sendProblem(this.#res, error, {
      internal: 'gateway',
      headers: this.answerHeaders(0),
      extra: { callId: this.#head.callId },
    });
    this.#end(toProblem(error).status);
  }

  /** @param given the function's own; of the duration only the watchdog knows the handler's part */
  answerHeaders(_status: number, given?: Fields): string[] {
    const added = [
      'X-Call-Id',
      this.#head.callId,
      'X-Start-Time',
      this.#startTime,
      'X-Served-By',
      this.#context.product,
    ];
    if (!given?.has('x-duration-seconds'))
      added.push('X-Duration-Seconds', secondsText(performance.now() - this.#startedAt));
    return added;
  }

  #end(code: number): void {
    const durationMs = performance.now() - this.#startedAt;
    this.#entry.metrics.end(code, durationMs / 1000, this.#startedAt);
    this.#context.busyPoll.callEnds();
    this.#context.accessLog?.call({
      callId: this.#head.callId,
      method: this.#req.method,
      path: this.#req.url!,
      status: code,
      durationMs,
      function: this.#entry.key,
      replica: this.#replica?.id,
      client: clientAddress(this.#req),
    });
  }

  #timeLeft(): number {
    return this.#timeoutMs === 0 ? Infinity : this.#timeoutMs - (performance.now() - this.#startedAt);
  }
}
