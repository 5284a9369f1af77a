import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { FaasError } from '../../common/errors.ts';
import { freePort } from '../../common/free-port.ts';
import { fieldsOf } from '../../common/http/fields.ts';
import type { HttpRequest } from '../../common/http/message.ts';
import { type RelayOptions, type RelayOutcome, relay } from '../../common/http/relay.ts';
import { sendProblem } from '../../common/http/send-problem.ts';
import { originTarget } from '../../common/http/strict.ts';
import { relayUpgrade } from '../../common/http/upgrade.ts';
import { type Address, Upstream } from '../../common/http/upstream.ts';
import { secondsText } from '../../common/seconds-text.ts';
import type { UpstreamSpec } from '../config.ts';
import { awaitListening } from '../process/await-listening.ts';
import { bufferedRequest } from '../process/buffered-request.ts';
import { logLines } from '../process/capture.ts';
import { Child, describeEnding } from '../process/child.ts';
import { OomWatch } from '../process/oom.ts';
import { readBody } from '../process/request-body.ts';
import { removeSocket } from '../remove-socket.ts';
import { type Call, INTERNAL, type Mode, type ModeDeps, type Termination } from './mode.ts';

/** Sooner than servers close an idle connection: Node does after 5 s, most others later. */
const IDLE_CONNECTION_MS = 4000;
/** After a cut connection the news of the process's end may take this long, with the last lines of its log. */
const NEWS_OF_END_MS = 250;

/** A long-running process that serves HTTP, started once. Source: openfaas-contract.md 3.3. */
export class HttpMode implements Mode {
  readonly #deps: ModeDeps;
  readonly #spec: UpstreamSpec;
  readonly #oom = new OomWatch();
  readonly #ended = Promise.withResolvers<Termination>();
  readonly #starting = new AbortController();
  #address: Address | undefined;
  #upstream: Upstream | undefined;
  #child: Child | undefined;
  #stopping = false;

  constructor(deps: ModeDeps) {
    this.#deps = deps;
    this.#spec = deps.config.upstreamUrl!;
  }

  async start(): Promise<void> {
    const { config, env, log } = this.#deps;
    const chosen = await chooseAddress(this.#spec, config.tempDir);
    if ('path' in chosen) removeSocket(chosen.path, 'upstream_url');
    this.#address = chosen;
    this.#child = startProcess(config.command, { ...env, PORT: portVariable(this.#spec, chosen, env) });
    logLines(this.#child.stdout, log, config.logLineBytes, { stream: 'stdout' });
    logLines(this.#child.stderr, log, config.logLineBytes, { stream: 'stderr' });
    this.#child.stdin.end();
    void this.#watchEnd(this.#child);
    const listening = awaitListening(meant(chosen), this.#starting.signal);
    this.#address = await Promise.race([listening, this.#failedStart()]);
    this.#upstream = new Upstream(this.#address, { idleTimeoutMs: IDLE_CONNECTION_MS });
  }

  invoke(call: Call): void | Promise<void> {
    if (!this.#deps.config.bufferHttp) {
      this.#relay(call, call.req, true);
      return;
    }
    return readBody(call.req, this.#deps.config.maxRequestBytes).then((body) =>
      this.#relay(call, bufferedRequest(call.req, body), true),
    );
  }

  upgrade(req: HttpRequest, socket: Duplex, head: Buffer, onDone: (status: number) => void): void {
    relayUpgrade(req, socket, head, this.#address!, { onDone: ({ status }) => onDone(status) });
  }

  async stop(graceMs: number): Promise<void> {
    this.#stopping = true;
    this.#starting.abort();
    this.#upstream?.close();
    const child = this.#child;
    if (child?.running) {
      child.signal('SIGTERM');
      const late = AbortSignal.timeout(graceMs);
      await Promise.race([child.exited, delay(graceMs, undefined, { signal: late }).catch(() => {})]);
    }
    this.kill();
  }

  kill(): void {
    this.#stopping = true;
    this.#child?.signal('SIGKILL');
    this.#upstream?.destroy();
    if (this.#address !== undefined && 'path' in this.#address) rmSync(this.#address.path, { force: true });
  }

  #relay(call: Call, req: HttpRequest, mayRetry: boolean): void {
    const onDone = (outcome: RelayOutcome): void => this.#onDone(call, req, outcome, mayRetry);
    relay(req, call.res, this.#upstream!, new ProcessCall(call, originTarget(req.url!), onDone));
  }

  #onDone(call: Call, req: HttpRequest, outcome: RelayOutcome, mayRetry: boolean): void {
    if (outcome.kind === 'timed_out' && !outcome.headSent) {
      const message = `The function took longer than ${call.limitMs / 1000}s; raise exec_timeout, or make it faster.`;
      sendProblem(call.res, new FaasError('exec_timeout', message), { internal: INTERNAL });
    } else if (outcome.kind === 'failed' && !outcome.headSent) {
      if (outcome.retryable && mayRetry && this.#child!.running) this.#relay(call, req, false);
      else void this.#answerFailure(call, outcome.error);
    }
  }

  async #answerFailure(call: Call, cause: Error): Promise<void> {
    const end = await Promise.race([this.#ended.promise, delay(NEWS_OF_END_MS)]);
    const error =
      end === undefined
        ? new FaasError('upstream_failed', `The function's process broke off the call: ${cause.message}.`, { cause })
        : terminationError(end, this.#deps.log.tail());
    sendProblem(call.res, error, { internal: INTERNAL });
  }

  async #watchEnd(child: Child): Promise<void> {
    const ending = await child.exited;
    // The last lines are worth a moment: they say why.
    await Promise.race([child.closed, delay(NEWS_OF_END_MS / 2)]);
    if (this.#stopping) return;
    const { exitCode, signal } = ending;
    const outOfMemory = this.#oom.killed(ending, performance.now());
    const why: Termination = {
      code: outOfMemory ? 'replica_out_of_memory' : 'replica_crashed',
      message: outOfMemory
        ? 'Forked function was killed for lack of memory; raise its memory limit'
        : `Forked function has terminated: ${describeEnding(ending)}`,
      ...(exitCode !== null && { exitCode }),
      ...(signal !== null && { signal }),
    };
    this.#ended.resolve(why);
    this.#deps.terminate(why);
  }

  /** Settles the start when the process ends before it listens; the end itself is reported by `terminate`. */
  async #failedStart(): Promise<never> {
    const { message } = await this.#ended.promise;
    this.#starting.abort();
    throw new Error(message);
  }
}

/** How one call is relayed to the process. */
class ProcessCall implements RelayOptions {
  readonly target: string;
  readonly timeoutMs: number;
  readonly timeoutExemptStreams = true;
  readonly onDone: (outcome: RelayOutcome) => void;
  readonly #startedAt: number;
  /** Events were asked for: they last as long as both sides want. */
  readonly #streams: boolean;

  constructor(call: Call, target: string, onDone: (outcome: RelayOutcome) => void) {
    this.#startedAt = call.startedAt;
    this.#streams = fieldsOf(call.req).get('accept')?.startsWith('text/event-stream') === true;
    this.target = target;
    this.timeoutMs = this.#streams ? 0 : call.limitMs;
    this.onDone = onDone;
  }

  answerHeaders(): readonly string[] {
    return this.#streams ? [] : ['X-Duration-Seconds', secondsText(performance.now() - this.#startedAt)];
  }
}

/** @throws Error that names the setting */
function startProcess(command: readonly string[], env: Readonly<Record<string, string>>): Child {
  try {
    return new Child(command, env);
  } catch (cause) {
    throw new Error(`fprocess: the process cannot be started: ${(cause as Error).message}`, { cause });
  }
}

function terminationError({ code, message, ...extra }: Termination, lastLogLines: string[]): FaasError {
  return new FaasError(code, `${message}.`, { extra: { ...extra, lastLogLines } });
}

async function chooseAddress(spec: UpstreamSpec, tempDir: string): Promise<Address> {
  if (spec.kind === 'unix') return { path: spec.path ?? join(tempDir, `fn-${randomBytes(6).toString('hex')}.sock`) };
  return { host: spec.host, port: spec.port === 0 ? await freePort(spec.host) : spec.port };
}

/** A process that listens on `localhost` does so on either address, as its runtime likes. */
const meant = (address: Address): readonly Address[] =>
  'path' in address || address.host !== 'localhost'
    ? [address]
    : ['127.0.0.1', '::1'].map((host) => ({ host, port: address.port }));

/** PORT says where to listen, unless an image has set both PORT and a fixed upstream_url to its own liking. */
function portVariable(spec: UpstreamSpec, address: Address, env: Readonly<Record<string, string>>): string {
  if ('path' in address) return address.path;
  return (spec.kind === 'tcp' && spec.port !== 0 && env.PORT) || String(address.port);
}
