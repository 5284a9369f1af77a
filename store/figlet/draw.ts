import { font, HEIGHT } from './font.ts';

export interface Style {
  /** Columns of a line; longer text goes on below. */
  readonly width: number;
  /** What a dot is drawn with, such as `#` or `█`. */
  readonly pixel: string;
}

/** Draws text with large letters. Lines do not end in spaces; a character that the font lacks is drawn as `?`. */
export function draw(text: string, { width, pixel }: Style): string {
  const lines = text.split('\n').flatMap((line) => wrap(simplify(line), width));
  return lines.map((line) => drawLine(line).replaceAll('#', pixel)).join('\n');
}

/** `é` becomes `e`; a tab becomes a space; what the font lacks becomes `?`. */
function simplify(line: string): string {
  const plain = line
    .normalize('NFD')
    .replace(/\p{Mark}|\r/gu, '')
    .replaceAll('\t', ' ');
  return [...plain].map((character) => (font.has(character) ? character : '?')).join('');
}

/** Breaks at spaces, and inside a word only when it is wider than a line. */
function wrap(line: string, width: number): string[] {
  const lines: string[] = [];
  let rest = line.trimEnd();
  while (rest.length > 1 && columns(rest) > width) {
    const fitting = longestFit(rest, width);
    const space = rest[fitting] === ' ' ? fitting : rest.lastIndexOf(' ', fitting - 1);
    const end = space > 0 ? space : fitting;
    lines.push(rest.slice(0, end));
    rest = rest.slice(end).trimStart();
  }
  return [...lines, rest];
}

/** How many characters fit; at least one, so that a narrow width ends too. */
function longestFit(line: string, width: number): number {
  let used = 0;
  for (const [index, character] of [...line].entries()) {
    used += font.get(character)![0]!.length + (index > 0 ? 1 : 0);
    if (used > width) return Math.max(1, index);
  }
  return line.length;
}

function columns(line: string): number {
  return [...line].reduce((sum, character) => sum + font.get(character)![0]!.length + 1, 0) - 1;
}

function drawLine(line: string): string {
  const glyphs = [...line].map((character) => font.get(character)!);
  const rows = Array.from({ length: HEIGHT }, (_, row) =>
    glyphs
      .map((glyph) => glyph[row])
      .join(' ')
      .trimEnd(),
  );
  return `${rows.join('\n')}\n`;
}
