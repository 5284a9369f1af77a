import test from 'ava';
import handler from './handler.ts';

const call = (body: string, query = '') =>
  handler.fetch(new Request(`http://function/${query}`, { method: 'POST', body }));

for (const [query, digest] of [
  ['', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
  ['?algorithm=md5', '900150983cd24fb0d6963f7d28e17f72'],
  ['?algorithm=sha1&encoding=base64', 'qZk+NkcGgWq6PiVxeFDCbJzQ2J0='],
  ['?algorithm=sha1&encoding=base64url', 'qZk-NkcGgWq6PiVxeFDCbJzQ2J0'],
] as const)
  test(`the digest of "abc" is the published one for "${query}"`, async (t) => {
    const answer = await call('abc', query);
    t.is(answer.status, 200);
    t.is(await answer.text(), `${digest}\n`);
  });

test('an empty body has a digest too', async (t) => {
  const answer = await handler.fetch(new Request('http://function/'));
  t.is(await answer.text(), 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\n');
});

test('an unknown algorithm or encoding is refused with the known ones', async (t) => {
  const algorithm = await call('abc', '?algorithm=sha257');
  t.is(algorithm.status, 400);
  t.regex(await algorithm.text(), /sha256, .*got "sha257"/);
  t.is((await call('abc', '?encoding=utf8')).status, 400);
});
