import type { Call } from '../modes/mode.ts';
import type { Child, Ending } from './child.ts';

/** What a process that answers one call printed, and how it ended. */
export interface RunResult {
  readonly output: Buffer;
  readonly ending: Ending;
  /** What made us end it, if we did. */
  readonly stopped: 'timed_out' | 'too_large' | 'client_gone' | undefined;
}

export interface RunOptions {
  /** Streams of the process that make the output. */
  readonly output: 'stdout' | 'both';
  readonly maxBytes: number;
  readonly stopOnDisconnect: boolean;
}

/**
 * Waits for `child` and collects its output. Ends its whole group when the call takes too long, when its caller
 * hangs up, or when the output grows over the limit.
 */
export async function runBuffered(child: Child, call: Call, options: RunOptions): Promise<RunResult> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  let stopped: RunResult['stopped'];
  const stop = (why: RunResult['stopped']): void => {
    stopped ??= why;
    child.end();
  };
  const collect = (chunk: Buffer): void => {
    bytes += chunk.length;
    if (bytes > options.maxBytes) stop('too_large');
    else chunks.push(chunk);
  };
  child.stdout.on('data', collect);
  if (options.output === 'both') child.stderr.on('data', collect);
  const onClose = (): void => stop('client_gone');
  if (options.stopOnDisconnect) call.res.once('close', onClose);
  const timer = call.limitMs > 0 ? setTimeout(stop, call.limitMs, 'timed_out') : undefined;
  const ending = await child.closed;
  clearTimeout(timer);
  call.res.off('close', onClose);
  return { output: chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks), ending, stopped };
}
