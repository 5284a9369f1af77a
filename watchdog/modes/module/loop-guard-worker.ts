import { appendFileSync, readFileSync, writeSync } from 'node:fs';
import { kill, pid } from 'node:process';
import { workerData } from 'node:worker_threads';
import { writeTermination } from '../../termination.ts';

export interface GuardData {
  /** [beats so far, calls open]. */
  readonly beats: Int32Array;
  readonly tickMs: number;
  /** So many ticks without a beat while calls are open are a blocked loop. */
  readonly ticks: number;
  readonly limitMs: number;
  readonly terminationLog: string;
  /** '' is stderr. */
  readonly logFile: string;
}

const { beats, tickMs, ticks, limitMs, terminationLog, logFile } = workerData as GuardData;

// Counted in own ticks, not by the clock: a machine that slept must not look like a blocked loop.
let silent = 0;
for (let last = -1; silent < ticks; ) {
  Atomics.wait(beats, 0, beats[0]!, tickMs);
  if (beats[0] === last && beats[1]! > 0) silent++;
  else silent = 0;
  last = beats[0]!;
}

const message = `The handler blocked the event loop for longer than exec_timeout (${limitMs / 1000}s); use asynchronous calls, or a mode with a process of its own.`;
if (logFile === '') writeSync(2, `${message}\n`);
else appendFileSync(logFile, `${new Date().toISOString()} ${message}\n`);
writeTermination(terminationLog, { code: 'handler_blocked', message, signal: 'SIGKILL' }, lastLines(logFile));
kill(pid, 'SIGKILL');

function lastLines(file: string): string[] {
  if (file === '') return [];
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n').slice(-20);
  return lines.map((line) => line.slice(line.indexOf(' ') + 1));
}
