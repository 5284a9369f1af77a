import { styleText } from 'node:util';
import pino from 'pino';
import type { GatewayConfig } from './config.ts';

/** What the gateway writes down about itself: one structured line per event, never a credential. */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
  /** For a call that has ended; cheap, for the lines of all calls that end in one turn are written at once. */
  call(record: CallRecord): void;
}

/** One line of the access log. */
export interface CallRecord {
  readonly callId: string;
  readonly method: string | undefined;
  /** As asked for; its query is left out, which may carry what is nobody's business. */
  readonly path: string;
  /** 101 for a WebSocket, 499 when the client left before the answer. */
  readonly status: number;
  readonly durationMs: number;
  /** `name.namespace`; absent when there is no such function. */
  readonly function?: string;
  /** The last one that was tried. */
  readonly replica?: string | undefined;
  readonly client: string | undefined;
}

export interface LogOptions {
  readonly format: 'json' | 'text';
  /** The least that is written, `info` by default; `debug` has the API's reads, too. */
  readonly level?: GatewayConfig['logLevel'];
  write(text: string): void;
  /** Colour in text lines. */
  readonly colour?: boolean;
}

/** The log that the settings ask for, on a process's stderr. */
export function createStderrLog(
  { logFormat, logLevel }: Pick<GatewayConfig, 'logFormat' | 'logLevel'>,
  stderr: NodeJS.WriteStream,
): Log {
  return createLog({
    format: logFormat === 'auto' ? (stderr.isTTY ? 'text' : 'json') : logFormat,
    level: logLevel,
    write: (text) => void stderr.write(text),
    colour: stderr.isTTY && stderr.hasColors(),
  });
}

/** JSON lines for machines, or short ones for a person at a terminal. */
export function createLog(options: LogOptions): Log {
  const { format, level = 'info', write, colour = false } = options;
  const base = { base: null, timestamp: pino.stdTimeFunctions.isoTime, level };
  const asText = (line: string): void => write(`${forPeople(line, colour)}\n`);
  const log = pino(base, { write: format === 'json' ? write : asText });
  return Object.assign(log, { call: callLines(options) });
}

function callLines({ format, write, colour }: LogOptions): Log['call'] {
  let lines = '';
  const flush = (): void => {
    const written = lines;
    lines = '';
    write(written);
  };
  return ({ path, ...record }) => {
    if (lines === '') setImmediate(flush);
    const query = path.indexOf('?');
    const shown = query === -1 ? path : path.slice(0, query);
    const durationMs = Math.round(record.durationMs * 1000) / 1000;
    const time = new Date().toISOString();
    const msg = `${record.method} ${shown} ${record.status}`;
    const line = JSON.stringify({ level: 30, time, ...record, path: shown, durationMs, msg });
    lines += format === 'json' ? `${line}\n` : `${forPeople(line, colour === true)} ${durationMs} ms\n`;
  };
}

function forPeople(line: string, colour: boolean): string {
  const { level, time, msg, err, detail } = JSON.parse(line) as Record<string, unknown>;
  const paint = (style: 'dim' | 'yellow' | 'red', text: string): string =>
    colour ? styleText(style, text, { validateStream: false }) : text;
  const text = [msg, detail, (err as { message?: string } | undefined)?.message].filter(Boolean).join(': ');
  const clock = paint('dim', String(time).slice(11, 19));
  if ((level as number) >= 50) return `${clock} ${paint('red', text)}`;
  return `${clock} ${(level as number) >= 40 ? paint('yellow', text) : text}`;
}
