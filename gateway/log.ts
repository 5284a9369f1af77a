import { styleText } from 'node:util';
import pino from 'pino';

/** What the gateway writes down about itself: one structured line per event, never a credential. */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface LogOptions {
  readonly format: 'json' | 'text';
  write(text: string): void;
  /** Colour in text lines. */
  readonly colour?: boolean;
}

/** JSON lines for machines, or short ones for a person at a terminal, who is spared the reads (`debug`). */
export function createLog({ format, write, colour = false }: LogOptions): Log {
  const base = { base: null, timestamp: pino.stdTimeFunctions.isoTime };
  if (format === 'json') return pino({ ...base, level: 'debug' }, { write });
  return pino({ ...base, level: 'info' }, { write: (line: string) => write(`${forPeople(line, colour)}\n`) });
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
