import { ERROR_CODE_HEADER } from '../../common/http/problem.ts';
import { logLines } from '../process/capture.ts';
import { type Child, describeEnding, type Ending } from '../process/child.ts';
import { feed } from '../process/feed.ts';
import { Launcher } from '../process/launcher.ts';
import { OomWatch } from '../process/oom.ts';
import { hasNoBody } from '../process/request-body.ts';
import type { Call, Mode, ModeDeps } from './mode.ts';
import { answerText, outOfMemory } from './process-call.ts';

/** Trailers that tell of a failure after the answer began, to callers who say that they read trailers. */
const DETAIL_TRAILER = 'X-Dunlin-Detail';

/**
 * of-watchdog's streamed fork: a process for each request, its stdout passed on as it comes. A failure before the
 * first byte is a 500; after it, a trailer when the caller takes trailers, else a cut connection. With
 * `hide_failures` it is a complete 200, as in the original. Source: openfaas-contract.md 3.3.
 */
export class StreamingMode implements Mode {
  readonly #deps: ModeDeps;
  readonly #launcher: Launcher;
  readonly #oom = new OomWatch();

  constructor(deps: ModeDeps) {
    this.#deps = deps;
    this.#launcher = new Launcher(deps.config, deps.env);
  }

  async start(): Promise<void> {
    this.#launcher.prefork();
  }

  async invoke(call: Call): Promise<void> {
    const { config, log } = this.#deps;
    const { req, res } = call;
    let child: Child;
    try {
      child = this.#launcher.launch(req);
    } catch (error) {
      this.#fail(call, (error as Error).message, 'function_failed');
      return;
    }
    feed(child, req, { chunks: [], bytes: 0, whole: hasNoBody(req) });
    logLines(child.stderr, log, config.logLineBytes, { stream: 'stderr', callId: call.callId });
    this.#passOn(call, child);
    let timedOut = false;
    const timer = call.limitMs > 0 ? setTimeout(() => stop(true), call.limitMs) : undefined;
    const stop = (late: boolean): void => {
      timedOut ||= late;
      child.end();
    };
    const onClose = (): void => stop(false);
    if (config.stopOnDisconnect) res.once('close', onClose);
    else res.once('close', () => child.stdout.resume());
    const ending = await child.closed;
    clearTimeout(timer);
    res.off('close', onClose);
    this.#finish(call, ending, timedOut);
  }

  async stop(): Promise<void> {}

  kill(): void {
    this.#launcher.kill();
  }

  #passOn(call: Call, { stdout }: Child): void {
    const { res } = call;
    stdout.on('data', (chunk: Buffer) => {
      if (res.destroyed) return;
      if (!res.headersSent) this.#begin(call);
      if (!res.write(chunk)) stdout.pause();
    });
    res.on('drain', () => stdout.resume());
  }

  #begin({ req, res }: Call): void {
    res.setHeader('Content-Type', this.#deps.config.contentType);
    if (takesTrailers(req.headers.te)) res.setHeader('Trailer', `${ERROR_CODE_HEADER}, ${DETAIL_TRAILER}`);
    res.writeHead(200);
  }

  #finish(call: Call, ending: Ending, timedOut: boolean): void {
    const { res } = call;
    if (res.destroyed) return;
    if (ending.exitCode === 0) {
      if (!res.headersSent) this.#begin(call);
      res.end();
      return;
    }
    if (!timedOut && !res.headersSent && this.#oom.killed(ending, performance.now()))
      throw outOfMemory(this.#deps.log.tail());
    this.#fail(call, describeEnding(ending), timedOut ? 'exec_timeout' : 'function_failed');
  }

  #fail(call: Call, reason: string, code: string): void {
    const { req, res } = call;
    this.#deps.log.line(reason, { callId: call.callId });
    if (this.#deps.config.hideFailures) {
      if (!res.headersSent) this.#begin(call);
      res.end();
    } else if (!res.headersSent) {
      answerText(call, 500, reason, code);
    } else if (takesTrailers(req.headers.te)) {
      res.addTrailers({ [ERROR_CODE_HEADER]: code, [DETAIL_TRAILER]: reason });
      res.end();
    } else {
      res.destroy();
    }
  }
}

const takesTrailers = (te: string | string[] | undefined): boolean =>
  /(?:^|[,\s])trailers(?:$|[,;\s])/i.test(String(te ?? ''));
