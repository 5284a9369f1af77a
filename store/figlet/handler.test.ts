import test from 'ava';
import { draw } from './draw.ts';
import { font, HEIGHT } from './font.ts';
import handle from './handler.ts';

/** Calls the handler and keeps the status that it sets. */
function call(body: string, query: Record<string, string> = {}) {
  let status = 200;
  const context = {
    status(code: number) {
      status = code;
      return context;
    },
  };
  const answer = handle({ query, text: () => body }, context);
  return { status, answer };
}

test('draws the body with large letters', (t) => {
  const { status, answer } = call('Hi!\n');
  t.is(status, 200);
  t.is(answer, ['#   # # #', '#   #   #', '##### # #', '#   # #', '#   # # #', ''].map((row) => `${row}\n`).join(''));
});

test('the font has every printable ASCII character, and all rows of a glyph are equally wide', (t) => {
  for (let code = 0x20; code < 0x7f; code += 1) {
    const glyph = font.get(String.fromCharCode(code));
    t.is(glyph?.length, HEIGHT, String.fromCharCode(code));
    t.is(new Set(glyph!.map((row) => row.length)).size, 1, String.fromCharCode(code));
    t.regex(glyph!.join(''), code === 0x20 ? /^ +$/ : /^[ #]*#[ #]*$/);
  }
  t.is(font.size, 95);
});

test('no two glyphs look the same', (t) => {
  t.is(new Set([...font.values()].map((glyph) => glyph.join('\n'))).size, font.size);
});

test('long text goes on below, broken at spaces', (t) => {
  t.is(draw('aaa bbb', { width: 16, pixel: '#' }), draw('aaa\nbbb', { width: 80, pixel: '#' }));
});

test('spaces at the end of a line draw nothing below it', (t) => {
  t.is(draw(`aaa${' '.repeat(40)}`, { width: 16, pixel: '#' }), draw('aaa', { width: 80, pixel: '#' }));
});

test('a word that is wider than a line is broken anywhere, also when one letter is too wide', (t) => {
  t.is(draw('aaaa', { width: 10, pixel: '#' }), draw('aa\naa', { width: 80, pixel: '#' }));
  t.is(draw('WW', { width: 1, pixel: '#' }), draw('W\nW', { width: 80, pixel: '#' }));
});

test('accents are left out and unknown characters are question marks', (t) => {
  t.is(call('é€').answer, call('e?').answer);
});

test('the pixel can be chosen', (t) => {
  t.is(call('A', { pixel: '█' }).answer, call('A').answer.replaceAll('#', '█'));
});

for (const [body, query, message] of [
  ['', {}, 'body is empty'],
  ['x'.repeat(2001), {}, '2000 at most'],
  ['x', { width: '5' }, 'from 10 to 1000'],
  ['x', { width: 'wide' }, 'got "wide"'],
  ['x', { pixel: '##' }, 'one character'],
] as const)
  test(`what cannot be drawn is refused in words: ${message}`, (t) => {
    const { status, answer } = call(body, query);
    t.is(status, 400);
    t.true(answer.includes(message), answer);
  });
