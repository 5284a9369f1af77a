import { type Colour, colourDiff, colourJson, colourLog, type Piece } from './colour.ts';

/** Terminal codes (ECMA-48), and colours that can be read on white. */
const ANSI: Readonly<Record<Colour, number>> = {
  red: 31,
  green: 32,
  yellow: 33,
  blue: 34,
  magenta: 35,
  cyan: 36,
  grey: 90,
};
const CSS: Readonly<Record<Colour, string>> = {
  red: '#b3261e',
  green: '#146c2e',
  yellow: '#7a5900',
  blue: '#0b57d0',
  magenta: '#8430ce',
  cyan: '#00696d',
  grey: '#5f6368',
};

const KINDS = { json: colourJson, diff: colourDiff, log: colourLog };

/**
 * Colours JSON, diffs and logs for terminals, or for pages with `?format=html`. `?kind=` says what it is, else it is
 * guessed.
 */
export default {
  async fetch(request: Request): Promise<Response> {
    const { searchParams } = new URL(request.url);
    const text = await request.text();
    const kind = searchParams.get('kind') ?? guess(text);
    if (!Object.hasOwn(KINDS, kind)) return new Response('kind must be json, diff or log\n', { status: 400 });
    const pieces = KINDS[kind as keyof typeof KINDS](text);
    if (searchParams.get('format') !== 'html') return new Response(pieces.map(toAnsi).join(''));
    const html = `<pre>${pieces.map(toHtml).join('')}</pre>\n`;
    return new Response(html, { headers: { 'content-type': 'text/html; charset=utf-8' } });
  },
};

function guess(text: string): string {
  if (/^(diff |--- |Index: )/m.test(text) && /^@@ /m.test(text)) return 'diff';
  return /^\s*[[{"]/.test(text) ? 'json' : 'log';
}

const toAnsi = ({ text, colour }: Piece): string =>
  colour === undefined ? text : `\x1b[${ANSI[colour]}m${text}\x1b[0m`;

function toHtml({ text, colour }: Piece): string {
  const escaped = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  return colour === undefined ? escaped : `<span style="color:${CSS[colour]}">${escaped}</span>`;
}
