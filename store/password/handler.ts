import { randomInt } from 'node:crypto';
import { WORDS } from './words.ts';

const SYMBOLS = 'abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789!#$%&*+-=?@_';

/**
 * A random password: `?length=20` characters, none of which are mistaken for another (`l`, `1`, `I`, `O`, `0`); or with
 * `?words=6` that many words. The second line says how many guesses it would take, as a power of two.
 */
export default {
  fetch(request: Request): Response {
    const { searchParams } = new URL(request.url);
    const kind = searchParams.has('words') ? 'words' : 'length';
    const [most, choices] = kind === 'words' ? [50, WORDS.length] : [500, SYMBOLS.length];
    const count = Number(searchParams.get(kind) ?? 20);
    if (!Number.isInteger(count) || count < 1 || count > most)
      return new Response(`${kind} must be a whole number from 1 to ${most}\n`, { status: 400 });
    const picks = Array.from({ length: count }, () => randomInt(choices));
    const password =
      kind === 'words' ? picks.map((pick) => WORDS[pick]).join(' ') : picks.map((pick) => SYMBOLS[pick]).join('');
    return new Response(`${password}\n${Math.floor(count * Math.log2(choices))} bits\n`, {
      headers: { 'cache-control': 'no-store' },
    });
  },
};
