import type { Sink } from './sink.ts';

/** What a line of the log may carry beside its text. */
export interface LineDetails {
  /** The stream of the function's process that the line came from; absent for the watchdog's own lines. */
  readonly stream?: 'stdout' | 'stderr';
  readonly callId?: string | undefined;
}

export interface LogOptions {
  /** The log file, or stderr. */
  readonly sink: Sink;
  /** Where lines of the process's stdout go when they are passed on as they are; `sink` by default. */
  readonly rawStdout?: Sink;
  /** `rfc3339` for the file, `go` for stderr (what the original prints), both before the text. */
  readonly stamp: 'rfc3339' | 'go';
  readonly json: boolean;
  /** Lines of the function: with time and stream, with time alone, or passed on as they are. */
  readonly functionLines: 'prefixed' | 'stamped' | 'raw';
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** As many lines as a failure report carries (ReplicaFailure in provider/provider.ts). */
const TAIL_LINES = 20;
/** Longer lines are cut in the failure report; the log has them whole. */
const TAIL_LINE_CHARS = 2000;
const FLUSH_AT = 64 * 1024;

/**
 * The one log of the watchdog and of the function behind it. Lines are written together once per turn of the event
 * loop; {@link flush} writes them now.
 */
export class Log {
  readonly #options: LogOptions;
  /** A ring: the next line goes to the place of the oldest. */
  readonly #tail: string[] = [];
  #tailAt = 0;
  #pending = '';
  #scheduled = false;
  #stampAt = -1;
  #stamp = '';

  constructor(options: LogOptions) {
    this.#options = options;
  }

  /** Text of several lines becomes several lines. */
  line(text: string, details?: LineDetails): void {
    if (text.includes('\n')) for (const one of text.split('\n')) this.oneLine(one, details);
    else this.oneLine(text, details);
  }

  /** Text that has no line feed. */
  oneLine(text: string, details?: LineDetails): void {
    this.#remember(text);
    const stream = details?.stream;
    if (stream !== undefined && this.#options.functionLines === 'raw' && this.#options.stamp === 'go') {
      this.flush();
      const { rawStdout, sink } = this.#options;
      (stream === 'stdout' ? (rawStdout ?? sink) : sink).write(`${text}\n`);
      return;
    }
    this.#pending += this.#format(text, details);
    if (this.#pending.length > FLUSH_AT) this.flush();
    else if (!this.#scheduled) {
      this.#scheduled = true;
      setImmediate(() => this.flush());
    }
  }

  /** The last lines, oldest first. */
  tail(): string[] {
    return [...this.#tail.slice(this.#tailAt), ...this.#tail.slice(0, this.#tailAt)];
  }

  flush(): void {
    this.#scheduled = false;
    if (this.#pending === '') return;
    const text = this.#pending;
    this.#pending = '';
    this.#options.sink.write(text);
  }

  close(): void {
    this.flush();
    this.#options.sink.close();
  }

  #remember(text: string): void {
    this.#tail[this.#tailAt] = text.length > TAIL_LINE_CHARS ? `${text.slice(0, TAIL_LINE_CHARS)}...` : text;
    this.#tailAt = (this.#tailAt + 1) % TAIL_LINES;
  }

  #format(text: string, details: LineDetails | undefined): string {
    const now = this.#options.now();
    const stream = details?.stream;
    if (this.#options.json) {
      const time = new Date(now).toISOString();
      const line = JSON.stringify({ time, stream: stream ?? 'watchdog', callId: details?.callId, text });
      return this.#options.stamp === 'go' ? `${line}\n` : `${time} ${line}\n`;
    }
    const isPlain = stream === undefined || this.#options.functionLines !== 'prefixed';
    return isPlain ? `${this.#stampOf(now)} ${text}\n` : `${this.#stampOf(now)} ${stream}: ${text}\n`;
  }

  #stampOf(now: number): string {
    const rfc3339 = this.#options.stamp === 'rfc3339';
    const at = rfc3339 ? now : Math.floor(now / 1000);
    if (at !== this.#stampAt) {
      this.#stampAt = at;
      this.#stamp = rfc3339 ? new Date(now).toISOString() : goStamp(new Date(now));
    }
    return this.#stamp;
  }
}

/** `2026/01/02 15:04:05`, local time, as Go's log package prints it. */
function goStamp(now: Date): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  const date = `${now.getFullYear()}/${two(now.getMonth() + 1)}/${two(now.getDate())}`;
  return `${date} ${two(now.getHours())}:${two(now.getMinutes())}:${two(now.getSeconds())}`;
}
