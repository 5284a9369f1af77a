import { createHmac } from 'node:crypto';
import test from 'ava';
import handler from './handler.ts';

const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
function token(payload: object, key = 'secret'): string {
  const signed = `${part({ alg: 'HS256', typ: 'JWT' })}.${part(payload)}`;
  return `${signed}.${createHmac('sha256', key).update(signed).digest('base64url')}`;
}
const call = (body: string, query = '') =>
  handler.fetch(new Request(`http://function/${query}`, { method: 'POST', body }));

test('shows header, payload and times, and that the time is over', async (t) => {
  const answer = await call(`Bearer ${token({ sub: 'ada', exp: 1_000_000_000 })}\n`);
  t.deepEqual(await answer.json(), {
    header: { alg: 'HS256', typ: 'JWT' },
    payload: { sub: 'ada', exp: 1_000_000_000 },
    times: { exp: '2001-09-09T01:46:40.000Z' },
    expired: true,
    signature: 'not checked',
  });
});

test('a signature is checked with a key', async (t) => {
  const body = token({ sub: 'ada', exp: 8_640_000_000_000 });
  const signature = async (query: string) =>
    ((await (await call(body, query)).json()) as { signature: string }).signature;
  t.is(await signature('?key=secret'), 'valid');
  t.is(await signature('?key=guess'), 'invalid');
});

test('times that are none are left alone', async (t) => {
  const { times } = (await (await call(token({ exp: 'soon', iat: 1e300 }))).json()) as { times: object };
  t.deepEqual(times, {});
});

for (const body of ['', 'a.b', 'a.b.c', `${part(1)}.${part(2)}.x`])
  test(`"${body}" is no token`, async (t) => {
    t.is((await call(body)).status, 400);
  });
