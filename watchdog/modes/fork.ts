import type { HttpRequest } from '../../common/http/message.ts';
import { logLines } from '../process/capture.ts';
import { type Child, describeEnding, type Ending } from '../process/child.ts';
import { feed } from '../process/feed.ts';
import { Launcher } from '../process/launcher.ts';
import { OomWatch } from '../process/oom.ts';
import { type BodyStart, readBody, readBodyStart } from '../process/request-body.ts';
import { type RunResult, runBuffered } from '../process/run.ts';
import { sniffContentType } from '../process/sniff.ts';
import type { Call, Mode, ModeDeps } from './mode.ts';
import { answerText, outOfMemory, responseTooLarge } from './process-call.ts';

const METHODS = new Set(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']);
/** The process of a larger body starts when this much of it is here, and is fed the rest as it comes. */
const READ_AHEAD_BYTES = 1024 * 1024;

/** The classic watchdog: a process for each request, its output the answer. Source: openfaas-contract.md 3.2. */
export class ForkMode implements Mode {
  readonly forwardsReady = true;
  readonly logsCalls = true;
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
    if (!METHODS.has(req.method!)) {
      res.writeHead(405).end();
      return;
    }
    if (config.debugHeaders) this.#logHeaders(call);
    const body = config.marshalRequest
      ? marshalled(req, await readBody(req, config.maxRequestBytes))
      : await readBodyStart(req, READ_AHEAD_BYTES);
    this.#line(call, 'Forking fprocess.');
    const startedAt = performance.now();
    const child = this.#spawn(call);
    if (child === undefined) return;
    feed(child, req, body);
    if (!config.combineOutput)
      logLines(child.stderr, log, config.logLineBytes, { stream: 'stderr', callId: call.callId });
    const result = await runBuffered(child, call, {
      output: config.combineOutput ? 'both' : 'stdout',
      maxBytes: config.maxResponseBytes,
      stopOnDisconnect: config.stopOnDisconnect,
    });
    const elapsed = (performance.now() - startedAt) / 1000;
    this.#answer(call, result, elapsed);
  }

  async stop(): Promise<void> {}

  kill(): void {
    this.#launcher.kill();
  }

  #spawn(call: Call): Child | undefined {
    try {
      return this.#launcher.launch(call.req);
    } catch (error) {
      const { message } = error as Error;
      this.#line(call, message);
      answerText(call, 500, `${message}\n`, 'function_failed');
      return undefined;
    }
  }

  #answer(call: Call, { output, ending, stopped }: RunResult, elapsed: number): void {
    const { config } = this.#deps;
    const { res } = call;
    switch (stopped) {
      case 'client_gone':
        this.#line(call, 'Killed process: the caller hung up.');
        return;
      case 'timed_out':
        this.#line(call, `Killed process: it took longer than ${call.limitMs / 1000}s (exec_timeout).`);
        answerText(call, 408, 'Killed process.\n', 'exec_timeout');
        return;
      case 'too_large':
        throw responseTooLarge(config.maxResponseBytes);
    }
    if (ending.exitCode !== 0) {
      this.#answerFailure(call, output, ending);
      return;
    }
    const seconds = elapsed.toFixed(6);
    const headers: Record<string, string | number> = { 'X-Duration-Seconds': seconds, 'Content-Length': output.length };
    const type = config.contentType || call.req.headers['content-type'] || sniffContentType(output);
    if (type !== undefined) headers['Content-Type'] = type;
    res.writeHead(200, headers).end(output);
    if (config.writeDebug) this.#line(call, `${output.toString()}\nDuration: ${seconds}s`);
    else this.#line(call, `Wrote ${output.length} Bytes - Duration: ${seconds}s`);
  }

  #answerFailure(call: Call, output: Buffer, ending: Ending): void {
    const reason = describeEnding(ending);
    if (this.#oom.killed(ending, performance.now())) {
      this.#line(call, 'The process was killed for lack of memory.');
      throw outOfMemory(this.#deps.log.tail());
    }
    this.#line(call, reason);
    answerText(call, 500, Buffer.concat([Buffer.from(`${reason}\n`), output]), 'function_failed');
  }

  #logHeaders(call: Call): void {
    const raw = call.req.rawHeaders;
    for (let i = 0; i < raw.length; i += 2) this.#line(call, `${raw[i]}: ${raw[i + 1]}`);
  }

  #line(call: Call, text: string): void {
    const { config, log } = this.#deps;
    log.line(config.logCallId ? `${text} [${call.callId ?? 'none'}]` : text, { callId: call.callId });
  }
}

/** `marshal_request`: header and body as one JSON object, as Go would write it. */
function marshalled(req: HttpRequest, body: Buffer): BodyStart {
  const header: Record<string, string[]> = {};
  const raw = req.rawHeaders;
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i]!.split('-')
      .map((part) => part.slice(0, 1).toUpperCase() + part.slice(1).toLowerCase())
      .join('-');
    if (name !== 'Host' && name !== 'Transfer-Encoding') (header[name] ??= []).push(raw[i + 1]!);
  }
  const json = Buffer.from(JSON.stringify({ header, body: { raw: body.toString('base64') } }));
  return { chunks: [json], bytes: json.length, whole: true };
}
