import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { join } from 'node:path';
import { kill } from 'node:process';
import type { Readable, Writable } from 'node:stream';

/** How a process ended: one of the two is null. */
export interface Ending {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** `exit status 3`, `signal: killed`: what Go prints, which clients of the original know. */
export function describeEnding({ exitCode, signal }: Ending): string {
  return signal === null ? `exit status ${exitCode}` : `signal: ${GO_SIGNALS[signal] ?? signal}`;
}

const GO_SIGNALS: Readonly<Record<string, string>> = {
  SIGABRT: 'aborted',
  SIGBUS: 'bus error',
  SIGFPE: 'floating point exception',
  SIGHUP: 'hangup',
  SIGILL: 'illegal instruction',
  SIGINT: 'interrupt',
  SIGKILL: 'killed',
  SIGPIPE: 'broken pipe',
  SIGQUIT: 'quit',
  SIGSEGV: 'segmentation fault',
  SIGTERM: 'terminated',
};

/** What was printed before the end is read within this long after it. */
const LAST_OUTPUT_MS = 200;

/** A process of the function, leader of a process group of its own. */
export class Child {
  readonly pid: number;
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Resolves when the process has ended; output may still come, also from its own children. */
  readonly exited: Promise<Ending>;
  /** Resolves when the process has ended and its output is read to the end. */
  readonly closed: Promise<Ending>;
  #running = true;

  /** @throws Error with the system's reason, such as `fork/exec ./x: no such file or directory` */
  constructor(command: readonly string[], env: Readonly<Record<string, string>>) {
    const started = start(command, env);
    this.pid = started.pid!;
    this.stdin = started.stdin!;
    this.stdout = started.stdout!;
    this.stderr = started.stderr!;
    // A process that does not read its input is no failure: the answer counts.
    this.stdin.on('error', ignore);
    started.on('error', ignore);
    const exited = Promise.withResolvers<Ending>();
    const closed = Promise.withResolvers<Ending>();
    this.exited = exited.promise;
    this.closed = closed.promise;
    started.once('exit', (exitCode, signal) => {
      this.#running = false;
      exited.resolve({ exitCode, signal });
    });
    started.once('close', (exitCode, signal) => closed.resolve({ exitCode, signal }));
  }

  /**
   * Ends the whole group now. {@link closed} follows soon, also when a process that left the group holds the output
   * open and lives on.
   */
  end(): void {
    this.signal('SIGKILL');
    void this.exited.then(() => {
      const timer = setTimeout(() => {
        this.stdout.destroy();
        this.stderr.destroy();
      }, LAST_OUTPUT_MS);
      void this.closed.then(() => clearTimeout(timer));
    });
  }

  get running(): boolean {
    return this.#running;
  }

  /**
   * Signals the whole group: the process and those it started and left in its group. The group may outlive its
   * leader; its number is not given to another process before the last member has ended.
   */
  signal(signal: NodeJS.Signals): void {
    try {
      kill(-this.pid, signal);
    } catch {
      // ESRCH: all have ended.
    }
  }
}

function ignore(): void {}

function start(command: readonly string[], env: Readonly<Record<string, string>>): ChildProcess {
  const [program, ...args] = command;
  let child: ChildProcess | undefined;
  try {
    child = spawn(program!, args, { detached: true, env, stdio: ['pipe', 'pipe', 'pipe'] });
  } catch (error) {
    throw startFailure(program!, env, error as NodeJS.ErrnoException);
  }
  if (child.pid !== undefined) return child;
  child.on('error', ignore);
  throw startFailure(program!, env, undefined);
}

/** The error of a failed start comes later as an event, so the usual reasons are looked for here. */
function startFailure(
  program: string,
  env: Readonly<Record<string, string>>,
  error: NodeJS.ErrnoException | undefined,
): Error {
  return new Error(`fork/exec ${program}: ${REASONS[error?.code ?? ''] ?? reasonOf(program, env)}`, { cause: error });
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EAGAIN: 'resource temporarily unavailable',
  EMFILE: 'too many open files',
  ENOENT: 'no such file or directory',
  ENOEXEC: 'exec format error',
  ENOMEM: 'cannot allocate memory',
  E2BIG: 'argument list too long',
};

function reasonOf(program: string, env: Readonly<Record<string, string>>): string {
  const candidates = program.includes('/')
    ? [program]
    : (env.PATH ?? '').split(':').map((folder) => join(folder, program));
  const file = candidates.find((path) => statSync(path, { throwIfNoEntry: false })?.isFile());
  if (file === undefined) return REASONS.ENOENT!;
  try {
    accessSync(file, constants.X_OK);
    return REASONS.ENOEXEC!;
  } catch {
    return REASONS.EACCES!;
  }
}
