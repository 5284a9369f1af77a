import { createHash } from 'node:crypto';
import test from 'ava';
import { encode } from './encode.ts';
import handler from './handler.ts';

const call = (body: string, query = '') =>
  handler.fetch(new Request(`http://function/${query}`, { method: 'POST', body }));

// These codes, and 27 more of all sizes, were read back by a decoder, and are the same as another encoder's, mask and all.
const DUNLIN = `█████████████████████████████
█████████████████████████████
████ ▄▄▄▄▄ ██▄▀ ▄█ ▄▄▄▄▄ ████
████ █   █ █ ▀█ ▄█ █   █ ████
████ █▄▄▄█ █ ██▄ █ █▄▄▄█ ████
████▄▄▄▄▄▄▄█ █▄▀ █▄▄▄▄▄▄▄████
████▄█▄▄▄▄▄█▀ ▀█ █▄ ▄  ▀█████
████ █▀▀▄ ▄▀▀▄▄▄█▄█▀   ▄█████
█████▄█▄▄█▄▄▀▄  ▀ ▀▀▄▀▄▄█████
████ ▄▄▄▄▄ █▀▀▄▀ ▀  ▀▀▀▄▀████
████ █   █ █ ▀ █ ██▀▄▀▄▄█████
████ █▄▄▄█ █▄▀▀▄█▄███▀ ██████
████▄▄▄▄▄▄▄█▄█▄▄█▄█▄▄█▄▄█████
█████████████████████████████
▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀
`;

test('draws a code that readers read', async (t) => {
  t.is(await (await call('DUNLIN\n', '?format=text')).text(), DUNLIN);
});

test('makes large codes of many blocks, with versions written in', (t) => {
  const text = 'https://a.b/'.padEnd(2000, 'abcXYZ09-_').slice(0, 2000);
  const code = encode(Buffer.from(text));
  const modules = code.map((row) => row.map(Number).join('')).join('\n');
  t.is(code.length, 169);
  t.is(
    createHash('sha256').update(modules).digest('hex'),
    '837db026b209fa7958b1f4ad4e3f295e660392c42844dae2aa3922cafbdd0804',
  );
});

test('the image has a dark module where the code has one, and a light border', async (t) => {
  const answer = await call('DUNLIN');
  t.is(answer.headers.get('content-type'), 'image/svg+xml');
  const svg = await answer.text();
  const dark = encode(Buffer.from('DUNLIN')).flat().filter(Boolean).length;
  t.is(svg.match(/h1v1h-1z/g)?.length, dark);
  t.true(svg.includes('viewBox="0 0 29 29"') && svg.includes('M4,4h1v1h-1z'));
});

test('takes what a code holds and not a byte more', async (t) => {
  t.is((await call('x'.repeat(2331))).status, 200);
  const answer = await call('x'.repeat(2332));
  t.is(answer.status, 400);
  t.is(await answer.text(), 'The text has 2332 bytes; a QR code of this kind holds 2331.\n');
});

for (const [body, query] of [
  ['', ''],
  ['x', '?format=png'],
] as const)
  test(`"${body}" with "${query}" is refused`, async (t) => {
    t.is((await call(body, query)).status, 400);
  });
