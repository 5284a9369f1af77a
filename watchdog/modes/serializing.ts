import { secondsText } from '../../common/seconds-text.ts';
import { logLines } from '../process/capture.ts';
import { type Child, describeEnding } from '../process/child.ts';
import { feed } from '../process/feed.ts';
import { Launcher } from '../process/launcher.ts';
import { OomWatch } from '../process/oom.ts';
import { readBodyStart } from '../process/request-body.ts';
import { type RunResult, runBuffered } from '../process/run.ts';
import type { Call, Mode, ModeDeps } from './mode.ts';
import { answerText, outOfMemory, responseTooLarge } from './process-call.ts';

/** As in fork mode: small bodies are read before there is a process to hold up. */
const READ_AHEAD_BYTES = 1024 * 1024;

/** of-watchdog's buffered fork: a process for each request, its stdout the answer. Source: openfaas-contract.md 3.3. */
export class SerializingMode implements Mode {
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
    const body = await readBodyStart(call.req, READ_AHEAD_BYTES);
    let child: Child;
    try {
      child = this.#launcher.launch(call.req);
    } catch (error) {
      answerText(call, 500, (error as Error).message, 'function_failed');
      return;
    }
    feed(child, call.req, body);
    logLines(child.stderr, log, config.logLineBytes, { stream: 'stderr', callId: call.callId });
    const { maxResponseBytes: maxBytes, stopOnDisconnect } = config;
    const result = await runBuffered(child, call, { output: 'stdout', maxBytes, stopOnDisconnect });
    this.#answer(call, result);
  }

  async stop(): Promise<void> {}

  kill(): void {
    this.#launcher.kill();
  }

  #answer(call: Call, { output, ending, stopped }: RunResult): void {
    const { config, log } = this.#deps;
    if (stopped === 'too_large') throw responseTooLarge(config.maxResponseBytes);
    if (stopped === 'client_gone') return;
    if (stopped === undefined && this.#oom.killed(ending, performance.now())) throw outOfMemory(log.tail());
    if (ending.exitCode !== 0) {
      answerText(call, 500, describeEnding(ending), stopped === 'timed_out' ? 'exec_timeout' : 'function_failed');
      return;
    }
    const seconds = secondsText(performance.now() - call.startedAt);
    const headers = {
      'Content-Type': config.contentType,
      'Content-Length': output.length,
      'X-Duration-Seconds': seconds,
    };
    call.res.writeHead(200, headers).end(output);
  }
}
