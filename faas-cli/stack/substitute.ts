import { FaasError } from '../../common/errors.ts';

type Env = Readonly<Record<string, string | undefined>>;

/**
 * Replaces `${...}` in the raw text of a stack file, comments included (contract 4.4): defaults, case, length, trims,
 * replacements, slices. `$VAR` is left alone and `$${X}` becomes `${X}`. `:?` and `:+` act like defaults, as they do
 * in OpenFaaS.
 *
 * @throws FaasError `invalid_request` that names the line of an expression that is not closed or not understood
 */
export function substitute(text: string, env: Env, file: string): string {
  return expand(text, env, (at, problem) => {
    const line = text.slice(0, at).split('\n').length;
    throw new FaasError('invalid_request', `${file}:${line}: ${problem}`);
  });
}

type Fail = (at: number, problem: string) => never;

function expand(text: string, env: Env, fail: Fail): string {
  let out = '';
  let at = 0;
  for (;;) {
    const open = text.indexOf('${', at);
    if (open === -1) return out + text.slice(at);
    if (text[open - 1] === '$' && open > at) {
      const end = closing(text, open);
      const stop = end === -1 ? open + 2 : end + 1;
      out += text.slice(at, open - 1) + text.slice(open, stop);
      at = stop;
      continue;
    }
    const end = closing(text, open);
    if (end === -1) fail(open, `"\${" is not closed; add "}" or write "$\${" for the characters themselves`);
    const inside = text.slice(open + 2, end);
    const value = evaluate(inside, env, () =>
      fail(open, `\${${inside}} is not understood; write \${NAME} or \${NAME:-default}`),
    );
    out += text.slice(at, open) + value;
    at = end + 1;
  }
}

/** Index of the brace that closes the one after `open`. */
function closing(text: string, open: number): number {
  let depth = 0;
  for (let at = open; at < text.length; at++) {
    if (text.startsWith('${', at)) depth++;
    else if (text[at] === '}' && --depth === 0) return at;
  }
  return -1;
}

function evaluate(inside: string, env: Env, fail: () => never): string {
  const length = /^#([A-Za-z_]\w*)$/.exec(inside);
  if (length) return String((env[length[1]!] ?? '').length);
  const [, name, rest] = /^([A-Za-z_]\w*)(.*)$/s.exec(inside) ?? fail();
  const value = env[name!] ?? '';
  if (rest === '') return value;
  const argument = (from: number) => expand(rest!.slice(from), env, fail);
  const slice = /^:(-?\d+|\s+-\d+)(?::(-?\d+))?$/.exec(rest!);
  if (slice && !rest!.startsWith(':-')) return cut(value, Number(slice[1]), slice[2]);
  if (/^:[-=?+]/.test(rest!)) return value || argument(2);
  if (/^[-=?+]/.test(rest!)) return value || argument(1);
  if (rest === '^^') return value.toUpperCase();
  if (rest === ',,') return value.toLowerCase();
  if (rest === '^') return value.slice(0, 1).toUpperCase() + value.slice(1);
  if (rest === ',') return value.slice(0, 1).toLowerCase() + value.slice(1);
  if (rest!.startsWith('##')) return trimStart(value, argument(2), true);
  if (rest!.startsWith('#')) return trimStart(value, argument(1), false);
  if (rest!.startsWith('%%')) return trimEnd(value, argument(2), true);
  if (rest!.startsWith('%')) return trimEnd(value, argument(1), false);
  if (rest!.startsWith('/')) return replace(value, argument(1));
  return fail();
}

function cut(value: string, from: number, length: string | undefined): string {
  const start = from < 0 ? Math.max(0, value.length + from) : from;
  if (length === undefined) return value.slice(start);
  const count = Number(length);
  return count < 0 ? value.slice(start, count) : value.slice(start, start + count);
}

/** Shell patterns: `*`, `?` and `[...]`. */
function pattern(glob: string, lazy: boolean): string {
  return glob.replace(/\[[^\]]*\]|[\s\S]/g, (part) => {
    if (part === '*') return lazy ? '[\\s\\S]*?' : '[\\s\\S]*';
    if (part === '?') return '[\\s\\S]';
    if (part.length > 1) return part.replace(/^\[!/, '[^').replaceAll('\\', '\\\\');
    return part.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
  });
}

const trimStart = (value: string, glob: string, longest: boolean): string =>
  value.replace(new RegExp(`^${pattern(glob, !longest)}`), '');

function trimEnd(value: string, glob: string, longest: boolean): string {
  const suffix = new RegExp(`^${pattern(glob, false)}$`);
  const starts = Array.from({ length: value.length + 1 }, (_, index) => (longest ? index : value.length - index));
  const start = starts.find((index) => suffix.test(value.slice(index)));
  return start === undefined ? value : value.slice(0, start);
}

/** `a/b` the first, `/a/b` all, `#a/b` at the start, `%a/b` at the end. */
function replace(value: string, expression: string): string {
  const kind = /^[/#%]/.test(expression) ? expression[0]! : '';
  const [from = '', to = ''] = split(expression.slice(kind.length));
  if (from === '') return value;
  if (kind === '/') return value.replace(new RegExp(pattern(from, false), 'g'), () => to);
  if (kind === '#') return value.replace(new RegExp(`^${pattern(from, false)}`), () => to);
  if (kind === '%') return value.replace(new RegExp(`${pattern(from, false)}$`), () => to);
  return value.replace(new RegExp(pattern(from, false)), () => to);
}

function split(expression: string): [string, string] {
  const slash = expression.indexOf('/');
  return slash === -1 ? [expression, ''] : [expression.slice(0, slash), expression.slice(slash + 1)];
}
