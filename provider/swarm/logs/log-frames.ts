/** One line of a replica's log. */
export interface LogLine {
  /** RFC 3339 with nanoseconds, as the engine wrote it down. */
  readonly timestamp: string;
  readonly text: string;
}

const HEADER_BYTES = 8;

/**
 * Lines from what the engine sends of a container without a terminal: frames with a header of stream and length, each
 * with `timestamp text`. A long line comes in several frames; only the last one ends with a line feed.
 */
export class LogFrames {
  #rest: Buffer = Buffer.alloc(0);

  /** Takes what arrived. @returns the lines that are whole now */
  push(chunk: Buffer): LogLine[] {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const lines: LogLine[] = [];
    let at = 0;
    while (this.#rest.length - at >= HEADER_BYTES) {
      const end = at + HEADER_BYTES + this.#rest.readUInt32BE(at + 4);
      if (end > this.#rest.length) break;
      for (const line of this.#rest.toString('utf8', at + HEADER_BYTES, end).split('\n'))
        if (line !== '') lines.push(parseLine(line));
      at = end;
    }
    this.#rest = this.#rest.subarray(at);
    return lines;
  }
}

function parseLine(line: string): LogLine {
  const [, timestamp = '', text = ''] = /^(\d{4}-\d\d-\d\dT\S+) ?(.*)$/s.exec(line) ?? [];
  return timestamp === ''
    ? { timestamp: new Date(0).toISOString(), text: line }
    : { timestamp, text: text.replace(/\r$/, '') };
}
