export type Colour = 'red' | 'green' | 'yellow' | 'blue' | 'magenta' | 'cyan' | 'grey';

/** A piece of a text; all pieces together are the text. */
export interface Piece {
  readonly text: string;
  readonly colour?: Colour | undefined;
}

type Rule = readonly [RegExp, Colour | undefined];

/** Also JSON with flaws, and several documents: it is coloured by its signs, not read. */
export const colourJson = (text: string): Piece[] =>
  byRules(text, [
    [/"(?:[^"\\\n]|\\.)*"(?=\s*:)/y, 'blue'],
    [/"(?:[^"\\\n]|\\.)*"/y, 'green'],
    [/-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y, 'cyan'],
    [/true|false/y, 'yellow'],
    [/null/y, 'grey'],
  ]);

/** Lines by their first characters. */
export const colourDiff = (text: string): Piece[] =>
  byRules(text, [
    [/(?<=^|\n)(?:diff |index |--- |\+\+\+ ).*/y, 'grey'],
    [/(?<=^|\n)@@.*/y, 'cyan'],
    [/(?<=^|\n)\+.*/y, 'green'],
    [/(?<=^|\n)-.*/y, 'red'],
    [/(?<=^|\n).+/y, undefined],
  ]);

/** Times, levels, addresses, quoted texts and numbers. */
export const colourLog = (text: string): Piece[] =>
  byRules(text, [
    [/\b\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?/y, 'grey'],
    [/\b(?:ERROR|FATAL|CRITICAL|PANIC|Error|error|failed)\b/y, 'red'],
    [/\b(?:WARN|WARNING|Warning|warning)\b/y, 'yellow'],
    [/\b(?:INFO|NOTICE|info)\b/y, 'green'],
    [/\b(?:DEBUG|TRACE|debug|trace)\b/y, 'grey'],
    [/https?:\/\/[^\s"'<>]+/y, 'blue'],
    [/"(?:[^"\\\n]|\\.)*"/y, 'green'],
    [/\b\d+(?:\.\d+)?(?![\w-])/y, 'cyan'],
    [/\w+/y, undefined],
  ]);

/** At each place the first rule that fits; what none fits stays plain. Rules must be sticky. */
function byRules(text: string, rules: readonly Rule[]): Piece[] {
  const pieces: Piece[] = [];
  let plain = 0;
  let at = 0;
  while (at < text.length) {
    const found = match(text, at, rules);
    if (found?.colour === undefined) {
      at += found?.text.length ?? 1;
      continue;
    }
    if (plain < at) pieces.push({ text: text.slice(plain, at) });
    pieces.push(found);
    at += found.text.length;
    plain = at;
  }
  if (plain < text.length) pieces.push({ text: text.slice(plain) });
  return pieces;
}

function match(
  text: string,
  at: number,
  rules: readonly Rule[],
): { text: string; colour: Colour | undefined } | undefined {
  for (const [pattern, colour] of rules) {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0];
    if (found) return { text: found, colour };
  }
  return undefined;
}
