import { spawn } from 'node:child_process';
import { kill } from 'node:process';
import { FaasError } from '../../common/errors.ts';

export interface Step {
  /** A shell's command line. */
  readonly run: string;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
  /** Gets the output as it comes. */
  readonly onOutput?: ((text: string) => void) | undefined;
  /** Called when the step takes longer than a second. */
  readonly onSlow: () => void;
}

const SLOW_MS = 1000;
/** Of a failed step's output, what is shown. */
const SHOWN_LINES = 40;

/**
 * Runs a command in a process group of its own, which ends with the signal.
 *
 * @throws FaasError `function_failed` with the end of its output
 */
export async function runStep(step: Step): Promise<void> {
  const { run, cwd, env, signal } = step;
  signal.throwIfAborted();
  const child = spawn('/bin/sh', ['-c', run], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  const output: string[] = [];
  const collect = (text: string) => {
    output.push(text);
    step.onOutput?.(text);
  };
  child.stdout.setEncoding('utf8').on('data', collect);
  child.stderr.setEncoding('utf8').on('data', collect);
  const onAbort = () => child.pid && killGroup(child.pid);
  signal.addEventListener('abort', onAbort);
  const slow = setTimeout(step.onSlow, SLOW_MS);
  try {
    const ending = await new Promise<string>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code, signalName) => resolve(signalName ?? `exit code ${code}`));
    });
    signal.throwIfAborted();
    if (ending === 'exit code 0') return;
    const shown = output.join('').trimEnd().split('\n').slice(-SHOWN_LINES);
    throw new FaasError(
      'function_failed',
      `"${run}" failed (${ending}):\n${shown.map((line) => `  ${line}`).join('\n')}`,
    );
  } finally {
    clearTimeout(slow);
    signal.removeEventListener('abort', onAbort);
  }
}

function killGroup(pid: number): void {
  try {
    kill(-pid, 'SIGKILL');
  } catch {
    // It has ended already.
  }
}
