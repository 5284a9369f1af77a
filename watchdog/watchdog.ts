import type { Duplex } from 'node:stream';
import { FaasError } from '../common/errors.ts';
import { fieldsOf } from '../common/http/fields.ts';
import type { HttpRequest, HttpResponse } from '../common/http/message.ts';
import { INTERNAL_HEADER } from '../common/http/problem.ts';
import { sendProblem } from '../common/http/send-problem.ts';
import { HttpServer } from '../common/http/server/server.ts';
import { CLIENT_CLOSED } from '../common/http/status-codes.ts';
import { originTarget } from '../common/http/strict.ts';
import { shortSecondsText } from '../common/seconds-text.ts';
import { ActiveCall } from './active-call.ts';
import type { WatchdogConfig } from './config.ts';
import { Limiter } from './limiter.ts';
import { listen } from './listen.ts';
import type { LockFile } from './lock-file.ts';
import { accessLine } from './log/access-line.ts';
import type { Log } from './log/log.ts';
import { Metrics } from './metrics/metrics.ts';
import { metricsServer } from './metrics/metrics-server.ts';
import { INTERNAL, type Mode } from './modes/mode.ts';
import { refuseUpgrade } from './refuse-upgrade.ts';
import { VERSION } from './version.ts';

/** Of X-OpenFaaS-Internal on the answer to a call over max_inflight (contract 3.1). */
const LIMITER = 'faas-middleware';
/** Says to a provider that this watchdog knows `/_/ready`; others would take that for a call of the function. */
const WATCHDOG_HEADER = 'X-Dunlin-Watchdog';
/** Open calls of a function that is gone get this long to be answered. */
const LAST_ANSWERS_MS = 1000;

export interface WatchdogDeps {
  readonly config: WatchdogConfig;
  readonly log: Log;
  readonly mode: Mode;
  readonly lock: LockFile;
}

/** The HTTP server in front of one function. */
export class Watchdog {
  readonly #config: WatchdogConfig;
  readonly #log: Log;
  readonly #mode: Mode;
  readonly #lock: LockFile;
  readonly #metrics = new Metrics();
  readonly #limiter: Limiter;
  readonly #server: HttpServer;
  #metricsServer: HttpServer | undefined;
  #starting: Promise<void> | undefined;
  #ready = false;
  #healthy = false;
  #openCalls = 0;
  #onIdle: (() => void) | undefined;

  constructor({ config, log, mode, lock }: WatchdogDeps) {
    this.#config = config;
    this.#log = log;
    this.#mode = mode;
    this.#lock = lock;
    this.#limiter = new Limiter(config.maxInflight, config.maxInflightQueueMs);
    // The gateway keeps its connections for as long as it likes; closing one under its next call would fail that.
    this.#server = new HttpServer({
      requestTimeoutMs: config.readTimeoutMs,
      internal: INTERNAL,
      onRequest: (req, res) => this.#onRequest(req, res),
      onUpgrade: mode.upgrade && ((req, socket, rest) => this.#onUpgrade(req, socket, rest)),
    });
  }

  /**
   * Listens and starts the function, both at once; resolves when calls can be answered.
   *
   * @throws Error of one line: what cannot be listened on, written or started
   */
  async start(): Promise<void> {
    this.#starting = this.#mode.start();
    // Awaited below; a failure meanwhile must not count as unhandled.
    this.#starting.catch(() => {});
    const { listen: path, port, metricsPort } = this.#config;
    const bound = await listen(
      this.#server.listener,
      path === undefined ? { port } : { path },
      path === undefined ? 'port' : 'listen',
    );
    this.#log.line(path === undefined ? `Listening on port: ${bound}` : `Listening on unix socket: ${path}`);
    if (metricsPort !== 0) {
      this.#metricsServer = metricsServer(this.#metrics, this.#config.readTimeoutMs);
      const bound = await listen(this.#metricsServer.listener, { port: metricsPort }, 'metrics_port');
      this.#log.line(`Metrics listening on port: ${bound}`);
    }
    this.#healthy = true;
    await this.#starting;
    // An image's health check looks for this file; a rolling update goes on by it, so it must not come too soon.
    if (!this.#config.suppressLock) this.#log.line(`Writing lock-file to: ${this.#lock.path}`);
    if (this.#healthy) this.#lock.create();
    this.#ready = true;
  }

  /**
   * The end that was asked for: unhealthy at once but still serving for healthcheck_interval, then no new
   * connections, open calls drained for write_timeout, and last the function is told.
   */
  async drain(): Promise<void> {
    const { writeTimeoutMs, healthcheckIntervalMs = writeTimeoutMs } = this.#config;
    this.#healthy = false;
    this.#lock.remove();
    if (healthcheckIntervalMs > 0) {
      this.#log.line(`Taking calls for another ${seconds(healthcheckIntervalMs)}`);
      await new Promise((resolve) => setTimeout(resolve, healthcheckIntervalMs));
    }
    await this.#stopServing(writeTimeoutMs);
    await this.#mode.stop(writeTimeoutMs);
    this.#mode.kill();
  }

  /** The end because the function is gone: open calls get a moment to be answered. */
  async abandon(): Promise<void> {
    this.#healthy = false;
    this.#lock.remove();
    await this.#stopServing(LAST_ANSWERS_MS);
    this.#mode.kill();
  }

  async #stopServing(withinMs: number): Promise<void> {
    this.#server.close();
    if (this.#openCalls > 0) {
      this.#log.line(`Waiting for ${this.#openCalls} open calls`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, withinMs);
        this.#onIdle = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      if (this.#openCalls > 0) this.#log.line(`${this.#openCalls} calls were cut: they took longer than write_timeout`);
    }
    this.#server.destroy();
    this.#metricsServer?.destroy();
  }

  #onRequest(req: HttpRequest, res: HttpResponse): void {
    const url = originTarget(req.url!);
    req.url = url;
    if (url.charCodeAt(1) === 95 && url.startsWith('/_/')) {
      if (isPath(url, '/_/health')) {
        this.#answerHealth(req, res);
        return;
      }
      if (isPath(url, '/_/ready') && this.#mode.forwardsReady !== true) {
        this.#answerReady(req, res);
        return;
      }
    }
    const call = this.#open(req, res);
    if (this.#limiter.tryEnter()) this.#run(call);
    else void this.#waitForPlace(call);
  }

  async #waitForPlace(call: ActiveCall): Promise<void> {
    if (await this.#limiter.enter((onLeft) => call.res.once('close', onLeft))) {
      this.#run(call);
      return;
    }
    if (!call.res.destroyed)
      call.res.writeHead(429, { 'Content-Type': 'text/plain', [INTERNAL_HEADER]: LIMITER }).end(this.#limitText());
  }

  #limitText(): string {
    return `Concurrent request limit exceeded. Max concurrent requests: ${this.#limiter.max}\n`;
  }

  #open(req: HttpRequest, res: HttpResponse): ActiveCall {
    const call = new ActiveCall(req, res, this.#config.execTimeoutMs);
    this.#openCalls++;
    this.#metrics.begin();
    if (!this.#healthy && this.#ready) res.shouldKeepAlive = false;
    res.on('close', () => this.#onClosed(call));
    return call;
  }

  #run(call: ActiveCall): void {
    call.entered = true;
    try {
      const running = this.#ready ? this.#mode.invoke(call) : this.#invokeOnceReady(call);
      if (running === undefined) return;
      call.running = true;
      const end = (): void => {
        call.running = false;
        this.#leaveWhenDone(call);
      };
      running.then(end, (error) => {
        this.#answerFailure(call, error);
        end();
      });
    } catch (error) {
      this.#answerFailure(call, error);
    }
  }

  async #invokeOnceReady(call: ActiveCall): Promise<void> {
    const { readyTimeoutMs } = this.#config;
    const isShorter = call.limitMs > 0 && (readyTimeoutMs === 0 || call.limitMs <= readyTimeoutMs);
    const waitMs = isShorter ? call.limitMs : readyTimeoutMs;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<'late'>((resolve) => {
      if (waitMs > 0) timer = setTimeout(resolve, waitMs, 'late');
    });
    // A start that fails ends the watchdog, which answers no more.
    const outcome = await Promise.race([this.#starting, late]);
    clearTimeout(timer);
    if (outcome === 'late') {
      const limit = isShorter ? '' : ' (ready_timeout)';
      throw new FaasError(
        isShorter ? 'exec_timeout' : 'no_replica',
        `The function did not get ready within ${seconds(waitMs)}${limit}; its log says what it is doing.`,
      );
    }
    await this.#mode.invoke(call);
  }

  #answerFailure(call: ActiveCall, error: unknown): void {
    if (!(error instanceof FaasError)) this.#log.line(`Cannot answer: ${(error as Error)?.stack ?? String(error)}`);
    sendProblem(call.res, error, { internal: INTERNAL });
  }

  #onClosed(call: ActiveCall): void {
    call.closed = true;
    const elapsed = (performance.now() - call.startedAt) / 1000;
    const status = call.res.headersSent ? call.res.statusCode : CLIENT_CLOSED;
    this.#metrics.end(call.req.method!, status, elapsed);
    if (this.#mode.logsCalls !== true) this.#logCall(call.req, status, call.res.bodyBytes ?? 0, elapsed, call.callId);
    this.#leaveWhenDone(call);
  }

  /** A call is over when its answer is out and nothing of it runs any more. */
  #leaveWhenDone(call: ActiveCall): void {
    if (call.running || !call.closed || call.over) return;
    call.over = true;
    if (call.entered) this.#limiter.leave();
    if (--this.#openCalls === 0) this.#onIdle?.();
  }

  #logCall(req: HttpRequest, status: number, bytes: number, elapsed: number, callId: string | undefined): void {
    if (!this.#config.accessLog || fieldsOf(req).get('user-agent')?.startsWith('kube-probe')) return;
    const id = this.#config.logCallId ? ` [${callId ?? 'none'}]` : '';
    const line = accessLine(req.method!, req.url!, status, bytes, shortSecondsText(elapsed * 1000));
    this.#log.oneLine(`${line}${id}`, callId === undefined ? undefined : { callId });
  }

  #onUpgrade(req: HttpRequest, socket: Duplex, head: Buffer): void {
    const startedAt = performance.now();
    req.url = originTarget(req.url!);
    this.#metrics.begin();
    const onDone = (status: number): void => {
      const elapsed = (performance.now() - startedAt) / 1000;
      this.#metrics.end(req.method!, status, elapsed);
      this.#logCall(req, status, 0, elapsed, fieldsOf(req).get('x-call-id'));
    };
    if (!this.#ready) {
      refuseUpgrade(socket, 503, 'The function is not ready yet.\n', INTERNAL);
      onDone(503);
    } else if (!this.#limiter.tryEnter()) {
      refuseUpgrade(socket, 429, this.#limitText(), LIMITER);
      onDone(429);
    } else {
      this.#openCalls++;
      this.#mode.upgrade!(req, socket, head, (status) => {
        onDone(status);
        this.#limiter.leave();
        if (--this.#openCalls === 0) this.#onIdle?.();
      });
    }
  }

  #answerHealth(req: HttpRequest, res: HttpResponse): void {
    if (req.method !== 'GET') res.writeHead(405).end();
    else if (this.#healthy && (!this.#ready || this.#lock.exists()))
      res.writeHead(200, { 'Content-Type': 'text/plain', [WATCHDOG_HEADER]: VERSION }).end('OK');
    else res.writeHead(503, { [WATCHDOG_HEADER]: VERSION }).end();
  }

  #answerReady(req: HttpRequest, res: HttpResponse): void {
    if (req.method !== 'GET') res.writeHead(405).end();
    else if (!this.#ready || !this.#healthy || !this.#lock.exists()) res.writeHead(503).end();
    else if (this.#limiter.full) res.writeHead(429).end();
    else if (this.#config.readyPath === '') res.writeHead(200).end();
    else {
      // Asked of the function as a call that nobody counts.
      req.url = this.#config.readyPath;
      const call = new ActiveCall(req, res, this.#config.execTimeoutMs);
      call.closed = call.over = true;
      this.#run(call);
      call.entered = false;
    }
  }
}

const isPath = (url: string, path: string): boolean =>
  url.startsWith(path) && (url.length === path.length || url[path.length] === '?');

const seconds = (ms: number): string => `${ms / 1000}s`;
