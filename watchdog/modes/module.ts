import { setTimeout as delay } from 'node:timers/promises';
import { FaasError } from '../../common/errors.ts';
import { Deadline, type Expiring } from '../../common/http/deadline.ts';
import { sendProblem } from '../../common/http/send-problem.ts';
import { SharedTail } from '../log/shared-tail.ts';
import { readBody } from '../process/request-body.ts';
import { messageOf, placeOf, stackOf } from '../thrown-text.ts';
import { type Call, INTERNAL, type Mode, type ModeDeps } from './mode.ts';
import { writeAnswer } from './module/answer.ts';
import { captureOutput } from './module/capture-output.ts';
import { createInitContext, FunctionContext, type InitContext } from './module/context.ts';
import { FunctionEvent } from './module/event.ts';
import { asExpress } from './module/express.ts';
import { toRequest } from './module/fetch.ts';
import { type LoadedHandler, loadHandler } from './module/load.ts';
import { LoopGuard } from './module/loop-guard.ts';
import { asNodeHttp } from './module/node-http.ts';

/** Loads a JavaScript or TypeScript handler into the watchdog's own process. Documented in watchdog/README.md. */
export class ModuleMode implements Mode {
  readonly #deps: ModeDeps;
  readonly #shared: InitContext;
  readonly #guard: LoopGuard | undefined;
  readonly #tail = new SharedTail();
  #loaded: LoadedHandler | undefined;

  constructor(deps: ModeDeps) {
    const { functionName, namespace, secretsPath, execTimeoutMs, terminationLog, logFile, logFormat } = deps.config;
    this.#deps = deps;
    this.#shared = createInitContext(functionName, namespace, secretsPath);
    const guarded = {
      limitMs: execTimeoutMs,
      tail: this.#tail.memory,
      terminationLog,
      logFile,
      json: logFormat === 'json',
    };
    if (execTimeoutMs > 0) this.#guard = new LoopGuard(guarded, deps.guardThread);
  }

  async start(): Promise<void> {
    const { config, log } = this.#deps;
    captureOutput(log, config.logLineBytes, this.#tail);
    try {
      this.#loaded = await loadHandler(config.handler);
    } catch (error) {
      throw this.#startFailure('cannot be loaded', error);
    }
    try {
      await this.#loaded.init?.(this.#shared);
    } catch (error) {
      throw this.#startFailure('failed in init', error);
    }
  }

  invoke(call: Call): Promise<void> {
    const context = new FunctionContext(this.#shared, call);
    this.#guard?.enter();
    return new Promise((resolve) => {
      const end = (): void => {
        this.#guard?.leave();
        resolve();
      };
      const limit =
        call.limitMs === 0
          ? undefined
          : new Limit(call.limitMs, () => {
              this.#answerLate(call, context);
              end();
            });
      // What a handler still does or throws after its time is nobody's any more.
      this.#answer(call, context).then(
        () => {
          if (limit?.cancel() !== false) end();
        },
        (error) => {
          if (limit?.cancel() === false) return;
          this.#answerThrown(call, context, error);
          end();
        },
      );
    });
  }

  async stop(graceMs: number): Promise<void> {
    this.#guard?.close();
    const shutdown = this.#loaded?.shutdown;
    if (shutdown === undefined) return;
    const { log } = this.#deps;
    try {
      const done = await Promise.race([Promise.resolve(shutdown()).then(() => true), delay(graceMs, false)]);
      if (!done) log.line(`The handler's shutdown took longer than ${graceMs / 1000}s (write_timeout)`);
    } catch (error) {
      log.line(`The handler's shutdown failed: ${stackOf(error)}`);
    }
  }

  kill(): void {}

  async #answer(call: Call, context: FunctionContext): Promise<void> {
    const { req, res } = call;
    const { handler } = this.#loaded!;
    switch (handler.style) {
      case 'event': {
        const body = await readBody(req, this.#deps.config.maxRequestBytes);
        const returned = handler.call(new FunctionEvent(req, body), context);
        // Not awaited needlessly: most handlers of small functions are synchronous.
        return writeAnswer(call, context, context.settle(isThenable(returned) ? await returned : returned));
      }
      case 'fetch':
        return writeAnswer(call, context, await handler.call(toRequest(req, context.signal), context));
      case 'node': {
        const adapted = asNodeHttp(req, res);
        await handler.call(adapted.req, adapted.res);
        return answered(call);
      }
      case 'express': {
        const adapted = asExpress(req, res, await readBody(req, this.#deps.config.maxRequestBytes));
        await handler.call(adapted.req, adapted.res);
        return answered(call);
      }
    }
  }

  #answerLate(call: Call, context: FunctionContext): void {
    const message = `The function took longer than ${call.limitMs / 1000}s; raise exec_timeout, or make it faster.`;
    const error = new FaasError('exec_timeout', message);
    this.#deps.log.line(message);
    context.abort(error);
    sendProblem(call.res, error, { internal: INTERNAL });
  }

  /**
   * The handler's own failure: no X-OpenFaaS-Internal, for a retry elsewhere would fail the same. A status that the
   * handler set before it failed is kept, with the message as text. The stack goes to the log only.
   */
  #answerThrown(call: Call, context: FunctionContext, error: unknown): void {
    const { res } = call;
    if (error instanceof FaasError) {
      sendProblem(res, error);
      return;
    }
    this.#deps.log.line(stackOf(error), { callId: call.callId });
    const message = messageOf(error);
    const status = context.status();
    if (res.headersSent || status === undefined || status < 400) {
      sendProblem(res, new FaasError('function_failed', message, { cause: error }));
      return;
    }
    res.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8' }).end(message);
  }

  #startFailure(what: string, error: unknown): Error {
    // For what we say ourselves, to whoever wrote the handler, the stack is ours.
    if (!(error instanceof FaasError)) this.#deps.log.line(stackOf(error));
    const message = `${messageOf(error)}${placeOf(error)}`;
    return new Error(`handler: ${this.#deps.config.handler} ${what}: ${message}`, { cause: error });
  }
}

/** The time of one call. */
class Limit implements Expiring {
  readonly #deadline: Deadline;
  readonly #onOver: () => void;
  #over = false;

  constructor(limitMs: number, onOver: () => void) {
    this.#onOver = onOver;
    this.#deadline = new Deadline(this, limitMs);
  }

  onDeadline(): void {
    this.#over = true;
    this.#onOver();
  }

  /** @returns false when the time was over before */
  cancel(): boolean {
    this.#deadline.cancel();
    return !this.#over;
  }
}

const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';

/** The handler answers by `call.res` itself. */
async function answered(call: Call): Promise<void> {
  const { res } = call;
  if (!res.closed && !res.destroyed && !res.writableFinished)
    await new Promise((resolve) => res.once('close', resolve).once('finish', resolve));
}
