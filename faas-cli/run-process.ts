import { homedir } from 'node:os';
import { runCli } from './cli.ts';
import type { Surroundings } from './context.ts';
import { printError } from './print-error.ts';

/** What depends on how faas-cli is shipped. */
export type Places = Pick<Surroundings, 'assets' | 'bundler' | 'checkout' | 'watchdog'>;

/** Runs the command line of a process: its arguments, streams and signals; sets its exit code. */
export async function runProcess(process: NodeJS.Process, places: Places): Promise<void> {
  const interrupted = new AbortController();
  let signalNumber = 0;
  const onSignal = (number: number) => () => {
    // A second Ctrl-C does not wait for the clean-up of the first.
    if (signalNumber !== 0) process.exit(128 + number);
    signalNumber = number;
    interrupted.abort();
  };
  process.on('SIGINT', onSignal(2));
  process.on('SIGTERM', onSignal(15));
  process.on('SIGHUP', onSignal(1));
  // `faas-cli list | head -1`: the reader has what it wanted.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    if (error.code === 'EIO') return;
    printError(error, process);
    process.exit(1);
  });
  // EIO: the terminal is gone. SIGHUP says so, too, and what was begun is ended in order.
  process.stderr.on('error', () => undefined);
  const code = await runCli(process.argv.slice(2), {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    cwd: process.cwd(),
    signal: interrupted.signal,
    machine: { home: homedir(), platform: process.platform, arch: process.arch, uid: process.getuid?.() },
    ...places,
  });
  process.exitCode = signalNumber === 0 ? code : 128 + signalNumber;
  // An open stdin would keep the process.
  process.stdin.destroy();
}
