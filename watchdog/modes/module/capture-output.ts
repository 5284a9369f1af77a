import { Console } from 'node:console';
import process from 'node:process';
import { Writable } from 'node:stream';
import { LineSplitter } from '../../log/lines.ts';
import type { Log } from '../../log/log.ts';
import type { SharedTail } from '../../log/shared-tail.ts';

/**
 * Sends what the handler prints, by console or process.stdout and stderr, to the log, in whole lines and at once: a
 * handler that ends or blocks the process must not take its last words with it. The last lines are also kept in `tail`.
 */
export function captureOutput(log: Log, limitBytes: number, tail: SharedTail): void {
  const stdout = lineStream(log, limitBytes, tail, 'stdout');
  const stderr = lineStream(log, limitBytes, tail, 'stderr');
  globalThis.console = new Console({ stdout, stderr, colorMode: false });
  Object.defineProperty(process, 'stdout', { value: stdout, configurable: true });
  Object.defineProperty(process, 'stderr', { value: stderr, configurable: true });
}

function lineStream(log: Log, limitBytes: number, tail: SharedTail, stream: 'stdout' | 'stderr'): Writable {
  const splitter = new LineSplitter(limitBytes, (line) => {
    tail.push(line);
    log.line(line, { stream });
  });
  return new Writable({
    decodeStrings: true,
    write(chunk: Buffer, _encoding, done) {
      splitter.push(chunk);
      log.flush();
      done();
    },
  });
}
