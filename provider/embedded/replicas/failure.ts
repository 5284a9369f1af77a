import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { ERROR_STATUS, FaasError, type FaasErrorCode } from '../../../common/errors.ts';
import { lastLogLines, shortLine } from '../../last-log-lines.ts';
import type { ReplicaFailure } from '../../provider.ts';
import { UNTRUSTED_READ } from '../untrusted-read.ts';

const TAIL_BYTES = 64 * 1024;

/** How a process ended; neither is known of one that was not our child. */
export interface Exit {
  readonly exitCode?: number;
  readonly signal?: string;
  /** Why there never was a process. */
  readonly reason?: string;
}

/** What is left of a replica that ended by itself. */
export interface Remains {
  readonly replica: string;
  readonly exit: Exit;
  readonly wasReady: boolean;
  /** The memory limit as the user wrote it. */
  readonly memoryLimit: string | undefined;
  /** Whether we know that it was killed for memory; the watchdog may know it too. */
  readonly memoryExceeded: boolean;
  readonly terminationLog: string;
  readonly logFile: string;
  /** What the watchdog said before it had a log. */
  readonly stderrFile: string;
  readonly at: Date;
}

/** Why a replica ended: what the memory limit says, else what its watchdog said, else how its process ended. */
export function failureOf(remains: Remains): ReplicaFailure {
  const { replica, at, memoryLimit = 'the system' } = remains;
  const { reason, ...exit } = remains.exit;
  const said = readTermination(remains.terminationLog);
  const lines = said?.lastLogLines ?? linesOf(remains.logFile, remains.stderrFile);
  const ended = { replica, ...exit, lastLogLines: lines, at };
  if (remains.memoryExceeded || said?.code === 'replica_out_of_memory')
    return {
      ...ended,
      code: 'replica_out_of_memory',
      message: `Replica ${replica} used more than its memory limit of ${memoryLimit} and was ended; raise limits.memory or make the function use less`,
    };
  if (said) {
    const { exitCode = exit.exitCode, signal = exit.signal } = said;
    return { ...ended, ...(exitCode !== undefined && { exitCode }), ...(signal && { signal }), ...said };
  }
  if (reason) return { ...ended, code: 'replica_crashed', message: `Replica ${replica} cannot be started: ${reason}` };
  const when = remains.wasReady ? '' : ' before it was ready';
  const message = `Replica ${replica} ended${when} ${describeExit(exit)}; its log says why`;
  return { ...ended, code: 'replica_crashed', message };
}

/** What cannot even be started. */
export const startFailure = (error: unknown): ReplicaFailure => ({
  code: error instanceof FaasError ? error.code : 'replica_crashed',
  message: error instanceof FaasError ? error.message : `The replica cannot be started: ${(error as Error).message}`,
  lastLogLines: [],
  at: new Date(),
});

/** For a process that was no replica yet. @param stderrFile what it said before it had a log */
export function describeEnd({ reason, ...exit }: Exit, stderrFile: string): string {
  if (reason) return `cannot be started: ${reason}`;
  const [said] = linesOf(stderrFile);
  return `ended ${describeExit(exit)}${said ? ` (${said})` : ''}`;
}

function describeExit({ exitCode, signal }: Exit): string {
  if (signal) return `by ${signal}`;
  return exitCode === undefined ? 'unexpectedly' : `with exit code ${exitCode}`;
}

type Termination = Pick<ReplicaFailure, 'code' | 'message' | 'exitCode' | 'signal' | 'lastLogLines'>;

/** The function could have written the file too: only what has the right shape counts. */
function readTermination(path: string): Termination | undefined {
  let given: Record<string, unknown>;
  try {
    given = JSON.parse(readEnd(path)) as Record<string, unknown>;
  } catch {
    return undefined;
  }
  const { code, message, exitCode, signal, lastLogLines: lines } = given ?? {};
  if (typeof code !== 'string' || !Object.hasOwn(ERROR_STATUS, code) || typeof message !== 'string') return undefined;
  return {
    code: code as FaasErrorCode,
    message: shortLine(message),
    ...(Number.isInteger(exitCode) && { exitCode: exitCode as number }),
    ...(typeof signal === 'string' && { signal: signal.slice(0, 20) }),
    lastLogLines: Array.isArray(lines) ? lastLogLines(lines.map(String)) : [],
  };
}

/** The last lines of the first file that has any. */
function linesOf(...files: readonly string[]): string[] {
  for (const file of files) {
    const lines = readEnd(file)
      .split('\n')
      .map((line) => line.replace(/^\d{4}-\d\d-\d\dT\S+ /, ''))
      .filter(Boolean);
    if (lines.length > 0) return lastLogLines(lines);
  }
  return [];
}

/** The last bytes of a regular file; nothing of anything else. */
function readEnd(path: string): string {
  let fd: number | undefined;
  try {
    fd = openSync(path, UNTRUSTED_READ);
    const stats = fstatSync(fd);
    if (!stats.isFile()) return '';
    const buffer = Buffer.alloc(Math.min(stats.size, TAIL_BYTES));
    return buffer.toString('utf8', 0, readSync(fd, buffer, 0, buffer.length, stats.size - buffer.length));
  } catch {
    return '';
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}
