import { kill, pid } from 'node:process';
import { parentPort, workerData } from 'node:worker_threads';
import { Log } from '../../log/log.ts';
import { SharedTail } from '../../log/shared-tail.ts';
import { fdSink, fileSink } from '../../log/sink.ts';
import { writeTermination } from '../../termination.ts';

/** As many lines as a failure report carries (ReplicaFailure in provider/provider.ts). */
const TAIL_LINES = 20;

export interface GuardData {
  /** [beats so far, calls open]. */
  readonly beats: Int32Array;
  readonly tickMs: number;
  /** So many ticks without a beat while calls are open are a blocked loop. */
  readonly ticks: number;
  readonly limitMs: number;
  /** Of a SharedTail: what the handler printed last. */
  readonly tail: SharedArrayBuffer;
  readonly terminationLog: string;
  /** '' is stderr. */
  readonly logFile: string;
  /** Lines of the log are JSON. */
  readonly json: boolean;
}

const { beats, tickMs, ticks, limitMs, tail, terminationLog, logFile, json } = (workerData ??
  (await told())) as GuardData;

// Counted in own ticks, not by the clock: a machine that slept must not look like a blocked loop.
let silent = 0;
for (let last = -1; silent < ticks; ) {
  Atomics.wait(beats, 0, beats[0]!, tickMs);
  if (beats[0] === last && beats[1]! > 0) silent++;
  else silent = 0;
  last = beats[0]!;
}

const message = `The handler blocked the event loop for longer than exec_timeout (${limitMs / 1000}s); use asynchronous calls, or a mode with a process of its own.`;
try {
  const sink = logFile === '' ? fdSink(2) : fileSink(logFile, Infinity);
  const log = new Log({ sink, stamp: logFile === '' ? 'go' : 'rfc3339', json, functionLines: 'raw', now: Date.now });
  log.line(message);
  log.flush();
} catch {
  // A full pipe or disk must not keep the process alive.
}
const lastLogLines = [...new SharedTail(tail).lines().slice(1 - TAIL_LINES), message];
writeTermination(terminationLog, { code: 'handler_blocked', message, signal: 'SIGKILL' }, lastLogLines);
kill(pid, 'SIGKILL');

/** Started ahead, it says that it is there and waits to be told what to watch. */
function told(): Promise<GuardData> {
  parentPort!.postMessage('waiting');
  return new Promise((resolve) => parentPort!.once('message', resolve));
}
