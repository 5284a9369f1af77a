export class BadQuery extends Error {}

/** A part of a query's text. */
export type Token =
  | { readonly kind: 'value'; readonly text: string; readonly at: number; readonly value: unknown }
  | { readonly kind: 'name' | 'symbol'; readonly text: string; readonly at: number };

const TOKEN =
  /\s*(?:(?<string>"(?:[^"\\]|\\.)*")|(?<number>-?\d+(?:\.\d+)?)|(?<name>[A-Za-z_]\w*)|(?<symbol>==|!=|<=|>=|[.[\](){}|,:?<>])|(?<end>$))/y;
const CONSTANTS: Readonly<Record<string, unknown>> = { true: true, false: false, null: null };
const OPERATORS = ['and', 'or'];

/** @throws BadQuery that names the place */
export function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  for (;;) {
    const from = TOKEN.lastIndex;
    const match = TOKEN.exec(text);
    if (match === null) throw new BadQuery(`"${text.slice(from).trim()[0]}" is not expected at character ${from + 1}`);
    const { string, number, name, symbol, end } = match.groups!;
    if (end !== undefined) return tokens;
    const token = (string ?? number ?? name ?? symbol)!;
    const at = TOKEN.lastIndex - token.length;
    if (string !== undefined) tokens.push({ kind: 'value', text: token, at, value: stringValue(string, at) });
    else if (number !== undefined) tokens.push({ kind: 'value', text: token, at, value: Number(number) });
    else if (name === undefined || OPERATORS.includes(name)) tokens.push({ kind: 'symbol', text: token, at });
    else if (isConstant(name, tokens.at(-1))) tokens.push({ kind: 'value', text: token, at, value: CONSTANTS[name] });
    else tokens.push({ kind: 'name', text: token, at });
  }
}

/** `.true` is a member's name. */
const isConstant = (name: string, before: Token | undefined): boolean =>
  Object.hasOwn(CONSTANTS, name) && before?.text !== '.';

function stringValue(text: string, at: number): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new BadQuery(`the string at character ${at + 1} is no JSON string`);
  }
}
