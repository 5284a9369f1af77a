import test from 'ava';
import handler from './handler.ts';

/** RFC 4231, test case 2; the key's file ends in a line feed. */
const context = { secret: async (name: string) => (name === 'hmac-key' ? 'Jefe\n' : '') };
const BODY = 'what do ya want for nothing?';
const SIGNATURE = 'sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843';

const call = (body: string, query = '', headers = {}) =>
  handler.fetch(new Request(`http://function/${query}`, { method: 'POST', body, headers }), context);

test('signs the body with the secret, as RFC 4231 has it', async (t) => {
  t.is(await (await call(BODY)).text(), `${SIGNATURE}\n`);
});

test('a right signature is valid, in the query and in the header', async (t) => {
  t.is((await call(BODY, `?signature=${SIGNATURE}`)).status, 200);
  t.is((await call(BODY, '', { 'x-hub-signature-256': SIGNATURE })).status, 200);
});

test('a signature of another body, a short one and nonsense are refused', async (t) => {
  for (const [body, signature] of [
    [`${BODY}!`, SIGNATURE],
    [BODY, SIGNATURE.slice(0, -2)],
    [BODY, 'nonsense'],
    [BODY, ''],
  ] as const)
    t.is((await call(body, `?signature=${signature}`)).status, 403, signature);
});
