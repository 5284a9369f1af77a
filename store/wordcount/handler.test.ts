import test from 'ava';
import handler from './handler.ts';

const call = (body: string, query = '') =>
  handler.fetch(new Request(`http://function/${query}`, { method: 'POST', body }));

test('counts lines, words, characters and bytes, and lists the commonest words', async (t) => {
  t.is(
    await (await call('The sea, the SEA!\nétude 🐦\n', '?top=2')).text(),
    'lines       2\nwords       5\ncharacters  26\nbytes       30\n         2  sea\n         2  the\n',
  );
});

test('answers programs with JSON', async (t) => {
  t.deepEqual(await (await call('a b a', '?format=json')).json(), {
    lines: 1,
    words: 3,
    characters: 5,
    bytes: 5,
    common: [
      { word: 'a', times: 2 },
      { word: 'b', times: 1 },
    ],
  });
});

test('nothing has nothing in it', async (t) => {
  t.deepEqual(await (await call('', '?format=json')).json(), {
    lines: 0,
    words: 0,
    characters: 0,
    bytes: 0,
    common: [],
  });
});

test('a bad number of words is refused', async (t) => {
  t.is((await call('a', '?top=many')).status, 400);
});
