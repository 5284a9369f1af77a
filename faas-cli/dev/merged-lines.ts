import { styleText } from 'node:util';
import type { Context } from '../context.ts';

/** Easy to tell apart, on dark and light. */
const COLOURS = ['cyan', 'yellow', 'green', 'magenta', 'blue'] as const;

/** Prints lines of several sources, each after its name, in a colour of its own on a terminal. */
export class MergedLines {
  readonly #place: Pick<Context, 'stdout' | 'env'>;
  readonly #colours = new Map<string, (typeof COLOURS)[number]>();
  readonly #width: number;

  /** @param width of the names, to which shorter ones are padded */
  constructor(width: number, place: Pick<Context, 'stdout' | 'env'>) {
    this.#width = width;
    this.#place = place;
  }

  print(source: string, line: string): void {
    const { stdout, env } = this.#place;
    const name = `${source.padEnd(this.#width)} |`;
    const coloured = stdout.isTTY && !env.NO_COLOR;
    stdout.write(
      `${coloured ? styleText(this.#colourOf(source), name, { validateStream: false }) : name} ${line.trimEnd()}\n`,
    );
  }

  #colourOf(source: string): (typeof COLOURS)[number] {
    const known = this.#colours.get(source);
    if (known) return known;
    const colour = COLOURS[this.#colours.size % COLOURS.length]!;
    this.#colours.set(source, colour);
    return colour;
  }
}
