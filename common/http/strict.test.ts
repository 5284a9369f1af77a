import type { IncomingMessage } from 'node:http';
import test from 'ava';
import { checkRequest, originTarget } from './strict.ts';

/** Only what the check reads: which requests reach it, on either runtime, is relay.test.ts's. */
const request = (rawHeaders: readonly string[], url = '/', version = '1.1'): IncomingMessage => {
  const [httpVersionMajor, httpVersionMinor] = version.split('.').map(Number);
  return { rawHeaders, url, httpVersionMajor, httpVersionMinor, headers: {}, socket: {} } as unknown as IncomingMessage;
};
const HOST = ['Host', 'x'];

test('a sound request has no reason against it', (t) => {
  t.is(checkRequest(request(HOST)), undefined);
  t.is(checkRequest(request([...HOST, 'Content-Length', '0'], '/a?b=~!$&\'()*+,;=%"{}')), undefined);
  t.is(checkRequest(request(['host', 'x', 'transfer-encoding', 'Chunked'])), undefined);
  t.is(checkRequest(request([], '/', '1.0')), undefined);
  t.is(checkRequest(request(HOST, '*')), undefined);
});

for (const [headers, url, version, reason] of [
  [HOST, '/', '2.0', /1\.0 and HTTP\/1\.1/],
  [HOST, '/', '1.2', /1\.0 and HTTP\/1\.1/],
  [HOST, '/', '0.9', /1\.0 and HTTP\/1\.1/],
  [[], '/', '1.1', /no Host/],
  [['Host', 'a', 'hOST', 'a'], '/', '1.1', /more than one Host/],
  [HOST, '/a#b', '1.1', /fragment/],
  [HOST, '/\x7f', '1.1', /control/],
  [HOST, '/\xe9', '1.1', /outside ASCII/],
  [HOST, '/a b', '1.1', /control/],
  [[...HOST, 'Content-Length', '1', 'Content-length', '1'], '/', '1.1', /more than one Content-Length/],
  [[...HOST, 'Content-Length', '1,1'], '/', '1.1', /one number/],
  [[...HOST, 'Content-Length', '9007199254740992'], '/', '1.1', /below 2\^53/],
  [[...HOST, 'Content-Length', '18446744003709551616'], '/', '1.1', /below 2\^53/],
  [[...HOST, 'Content-Length', ''], '/', '1.1', /one number/],
  [[...HOST, 'Transfer-Encoding', 'gzip'], '/', '1.1', /chunked/],
  [[...HOST, 'Transfer-Encoding', 'chunked, chunked'], '/', '1.1', /chunked/],
  [[...HOST, 'Transfer-Encoding', 'chunked', 'Transfer-Encoding', 'chunked'], '/', '1.1', /more than one Transfer/],
  [[...HOST, 'Transfer-Encoding', 'chunked', 'Content-Length', '1'], '/', '1.1', /both/],
  [['Transfer-Encoding', 'chunked'], '/', '1.0', /HTTP\/1\.0/],
] as const)
  test(`refused: ${JSON.stringify([headers, url, version])}`, (t) => {
    t.regex(checkRequest(request(headers, url, version)) ?? 'no reason', reason);
  });

test('an absolute target becomes its origin form, others stay', (t) => {
  t.is(originTarget('http://a.b:80/c/d?e'), '/c/d?e');
  t.is(originTarget('HTTPS://a?e'), '/?e');
  t.is(originTarget('http://a'), '/');
  t.is(originTarget('/a//b/http://c'), '/a//b/http://c');
  t.is(originTarget('//a/b'), '//a/b');
  t.is(originTarget('*'), '*');
});
