import type { Readable } from 'node:stream';
import { LineSplitter } from '../log/lines.ts';
import type { LineDetails, Log } from '../log/log.ts';

/** Writes every line of a process's stream to the log. */
export function logLines(stream: Readable, log: Log, limitBytes: number, details: LineDetails): void {
  const splitter = new LineSplitter(limitBytes, (line) => log.line(line, details));
  stream.on('data', (chunk: Buffer) => splitter.push(chunk));
  stream.once('close', () => splitter.end());
}
