import { randomBytes } from 'node:crypto';
import test from 'ava';
import handler from './handler.ts';

const call = (body: string | Uint8Array<ArrayBuffer>, query = '') =>
  handler.fetch(new Request(`http://function/${query}`, { method: 'POST', body }));

test('encodes as RFC 4648 has it, also for URLs', async (t) => {
  t.is(await (await call('foobar')).text(), 'Zm9vYmFy\n');
  t.is(await (await call('foob')).text(), 'Zm9vYg==\n');
  t.is(await (await call(new Uint8Array([0xfb, 0xff]), '?url')).text(), '-_8\n');
});

test('decodes what it encoded, whatever the bytes, the alphabet and the line breaks', async (t) => {
  for (let length = 0; length < 10; length += 1)
    for (const query of ['', '?url']) {
      const bytes = new Uint8Array(randomBytes(length));
      const text = await (await call(bytes, query)).text();
      const wrapped = text.replace(/(.{3})/g, '$1\r\n');
      t.deepEqual(new Uint8Array(await (await call(wrapped, '?decode')).arrayBuffer()), bytes);
    }
});

for (const [text, message] of [
  ['Zm9v!mFy', '"!" at character 5'],
  ['Zg==Zg==', '"=" at character 3'],
  ['Zm9vY', 'cut off'],
] as const)
  test(`"${text}" is refused: ${message}`, async (t) => {
    const answer = await call(text, '?decode');
    t.is(answer.status, 400);
    t.true((await answer.text()).includes(message));
  });
