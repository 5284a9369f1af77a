import test from 'ava';
import handler from './handler.ts';

test('shows method, path, query, headers and body', async (t) => {
  const request = new Request('http://function/a/b?x=1&x=2', {
    method: 'PUT',
    headers: { 'x-test': 'yes', 'content-type': 'text/plain' },
    body: 'grüezi',
  });
  t.deepEqual(await (await handler.fetch(request)).json(), {
    method: 'PUT',
    path: '/a/b',
    query: [
      ['x', '1'],
      ['x', '2'],
    ],
    headers: { 'x-test': 'yes', 'content-type': 'text/plain' },
    body: 'grüezi',
    bytes: 7,
  });
});

test('a body that is no text is shown as base64', async (t) => {
  const request = new Request('http://function/', { method: 'POST', body: new Uint8Array([0xff, 0x00, 0xfe]) });
  const { body, bytes } = (await (await handler.fetch(request)).json()) as { body: object; bytes: number };
  t.deepEqual([body, bytes], [{ base64: '/wD+' }, 3]);
});
