import { stripVTControlCharacters, styleText } from 'node:util';
import type { Output, Surroundings } from '../context.ts';

/** Colours a text, where colours are wanted. */
export type Paint = (format: 'bold' | 'dim' | 'cyan' | 'green', text: string) => string;

/** Lines that change at the bottom of a terminal, while others are printed above. */
export interface LiveLines {
  /** Whether anything is shown: not on what is no terminal. */
  readonly live: boolean;
  readonly paint: Paint;
  /** Shows a line, in the order of first showing. */
  set(key: string, text: string): void;
  remove(key: string): void;
  /** For what stays; may hold several lines, and ends in a line feed. */
  readonly stdout: { write(text: string): void };
  /** Removes the lines. */
  close(): void;
}

/** Faster cannot be read. */
const REDRAW_MS = 60;
/** More would scroll a small terminal. */
const MOST_LINES = 12;

/** Live lines on stderr, if it is a terminal, above which stdout is printed. */
export function liveLines({
  stdout,
  stderr: terminal,
  env,
}: Pick<Surroundings, 'stdout' | 'stderr' | 'env'>): LiveLines {
  const write = (text: string) => void stdout.write(text);
  const paint = painter(terminal, env);
  if (!terminal.isTTY) return { live: false, paint, set() {}, remove() {}, stdout: { write }, close() {} };
  const lines = new Map<string, string>();
  let drawn = 0;
  let timer: NodeJS.Timeout | undefined;
  const erase = () => {
    if (drawn > 0) terminal.write(`\u001b[${drawn}A\u001b[J`);
    drawn = 0;
  };
  const draw = () => {
    timer = undefined;
    const shown = visible([...lines.values()], terminal.columns || 80);
    erase();
    if (shown.length > 0) terminal.write(`${shown.join('\n')}\n`);
    drawn = shown.length;
  };
  const soon = () => {
    timer ??= setTimeout(draw, REDRAW_MS);
  };
  return {
    live: true,
    paint,
    set(key, text) {
      lines.set(key, text);
      soon();
    },
    remove(key) {
      if (lines.delete(key)) soon();
    },
    stdout: {
      write(text) {
        erase();
        write(text);
        soon();
      },
    },
    close() {
      clearTimeout(timer);
      timer = undefined;
      lines.clear();
      erase();
    },
  };
}

/** At most twelve lines, each cut to the terminal's width: a wrapped line could not be erased. */
export function visible(lines: readonly string[], columns: number): readonly string[] {
  const shown = lines.slice(0, MOST_LINES).map((line) => cut(line, columns - 1));
  return lines.length > MOST_LINES ? [...shown, `... and ${lines.length - MOST_LINES} more`] : shown;
}

function cut(line: string, columns: number): string {
  if (stripVTControlCharacters(line).length <= columns) return line;
  let room = Math.max(0, columns - 3);
  let kept = '';
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a colour begins with one
  for (const [token, colour] of line.matchAll(/(\u001b\[[\d;]*m)|./g)) if (colour || room-- > 0) kept += token;
  return `${kept}...`;
}

const painter =
  (terminal: Output, env: Surroundings['env']): Paint =>
  (format, text) =>
    terminal.isTTY && !env.NO_COLOR ? styleText(format, text, { validateStream: false }) : text;
