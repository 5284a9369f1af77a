import test from 'ava';
import handler from './handler.ts';
import { WORDS } from './words.ts';

const call = (query = '') => handler.fetch(new Request(`http://function/${query}`));

test('a password has the characters asked for, and says what it is worth', async (t) => {
  const answer = call('?length=30');
  t.is(answer.headers.get('cache-control'), 'no-store');
  t.regex(await answer.text(), /^[^\s1lIO0]{30}\n183 bits\n$/);
  t.regex(await call().text(), /^\S{20}\n122 bits\n$/);
});

test('words are of the list, each worth 8 bits', async (t) => {
  t.is(new Set(WORDS).size, 256);
  const [words, bits] = (await call('?words=6').text()).split('\n');
  t.is(words!.split(' ').filter((word) => WORDS.includes(word)).length, 6);
  t.is(bits, '48 bits');
});

test('no two are the same', async (t) => {
  const made = await Promise.all(Array.from({ length: 200 }, () => call().text()));
  t.is(new Set(made).size, 200);
});

for (const query of ['?length=0', '?length=501', '?length=x', '?words=51'])
  test(`${query} is refused`, (t) => {
    t.is(call(query).status, 400);
  });
