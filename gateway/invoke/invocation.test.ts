import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import test from 'ava';
import { start } from '../testing/start.ts';

test('10.6: every answer of a function has X-Call-Id and X-Start-Time; the function gets the same', async (t) => {
  const { request, deploy, provider } = await start(t);
  provider.images.set('echo:latest', (req, res) => res.end(JSON.stringify(req.headers)));
  await deploy('echo');
  const { headers, body } = await request('/function/echo', { anonymous: true, headers: { host: 'fn.example' } });
  const seen = JSON.parse(body);
  t.regex(String(headers['x-call-id']), /^[0-9a-f]{8}-[0-9a-f-]{27}$/);
  t.regex(String(headers['x-start-time']), /^\d{19}$/);
  t.is(seen['x-call-id'], headers['x-call-id']);
  t.is(seen['x-start-time'], headers['x-start-time']);
  t.is(headers['x-served-by'], 'dunlin/1.2.3');
  t.regex(String(headers['x-duration-seconds']), /^\d+\.\d{6}$/);
  t.regex(seen['x-forwarded-for'], /^127\.0\.0\.1:\d+$/);
  t.is(seen['x-forwarded-host'], 'fn.example');
  t.is(seen['user-agent'], 'dunlin/1.2.3');
});

test('a call id of the client is passed on and echoed, other headers of a proxy before us stay', async (t) => {
  const { request, deploy, provider } = await start(t);
  provider.images.set('echo:latest', (req, res) =>
    res.setHeader('X-Duration-Seconds', '0.5').end(JSON.stringify(req.headers)),
  );
  await deploy('echo');
  const sent = {
    'x-call-id': 'mine-1',
    'x-forwarded-for': '1.2.3.4',
    'x-forwarded-host': 'a',
    'user-agent': 'me',
    traceparent: '00-1',
  };
  const { headers, body } = await request('/function/echo', { headers: sent });
  t.like(JSON.parse(body), sent);
  t.is(headers['x-call-id'], 'mine-1');
  t.is(headers['x-duration-seconds'], '0.5');
});

test('10.6: redirects and any status come through as the function gave them', async (t) => {
  const { request, deploy, provider } = await start(t);
  provider.images.set('echo:latest', (_req, res) => res.writeHead(302, { location: 'https://example.com/' }).end());
  await deploy('echo');
  const { status, headers } = await request('/function/echo');
  t.deepEqual([status, headers.location], [302, 'https://example.com/']);
});

test('10.11: a 429 that a watchdog marks as its own comes through as retryable', async (t) => {
  const { request, deploy, provider } = await start(t);
  provider.images.set('busy:latest', (_req, res) =>
    res.writeHead(429, { 'X-OpenFaaS-Internal': 'faas-middleware' }).end('Concurrent request limit exceeded.'),
  );
  await deploy('busy');
  const { status, headers, body } = await request('/function/busy');
  t.deepEqual([status, body], [429, 'Concurrent request limit exceeded.']);
  t.is(headers['x-openfaas-internal'], 'faas-middleware');
});

test("10.8: the caller's Authorization reaches the function, and calls need none", async (t) => {
  const { request, deploy, provider } = await start(t);
  provider.images.set('echo:latest', (req, res) => res.end(req.headers.authorization ?? 'none'));
  await deploy('echo');
  t.is((await request('/function/echo', { anonymous: true })).body, 'none');
  const headers = { authorization: 'Bearer of-the-function' };
  t.is((await request('/function/echo', { anonymous: true, headers })).body, 'Bearer of-the-function');
});

for (const [given, expected] of [
  ['/function/echo', '/'],
  ['/function/echo/', '/'],
  ['/function/echo?a=1&b=%20', '/?a=1&b=%20'],
  ['/function/echo/a//b/../c/%2F%61?x=/../', '/a//b/../c/%2F%61?x=/../'],
  ['/function/echo.openfaas-fn/a', '/a'],
  ['/function/%65cho/a', '/a'],
] as const)
  test(`the function sees ${given} as ${expected}`, async (t) => {
    const { request, deploy, provider } = await start(t);
    provider.images.set('echo:latest', (req, res) => res.end(req.url));
    await deploy('echo');
    t.is((await request(given)).body, expected);
  });

test('bodies go both ways with any verb, their length kept', async (t) => {
  const { request, deploy, provider } = await start(t);
  provider.images.set('echo:latest', async (req, res) => {
    const body = await text(req);
    res.end(`${req.method} ${req.headers['content-length'] ?? req.headers['transfer-encoding']} ${body}`);
  });
  await deploy('echo');
  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE'])
    t.is((await request('/function/echo', { method, body: 'hello' })).body, `${method} 5 hello`);
});

for (const name of ['ghost', 'ghost.openfaas-fn', '.openfaas-fn', 'echo.ghost', '', '..', '%ff', 'ECHO'])
  test(`a call of ${JSON.stringify(name)} is 404 as a problem that says what to do`, async (t) => {
    const { request, deploy } = await start(t);
    await deploy('echo');
    const { status, headers, body } = await request(`/function/${name}`, { method: 'POST', body: 'x' });
    t.is(status, 404);
    t.is(headers['content-type'], 'application/problem+json');
    t.is(headers['x-openfaas-internal'], 'gateway');
    t.like(JSON.parse(body), { status: 404, code: 'function_not_found', callId: headers['x-call-id'] });
  });

test('a namesake in another namespace is called by its full name only', async (t) => {
  const { request, deploy, provider } = await start(t);
  await provider.createNamespace({ name: 'dev', labels: {}, annotations: {} });
  await deploy('echo', { namespace: 'dev', image: 'of-dev' });
  t.is((await request('/function/echo.dev')).body, 'of-dev');
  t.is((await request('/function/echo')).status, 404);
  await deploy('echo', { image: 'of-default' });
  t.is((await request('/function/echo.dev')).body, 'of-dev');
  t.is((await request('/function/echo')).body, 'of-default');
  await provider.remove({ name: 'echo', namespace: 'dev' });
  t.is((await request('/function/echo')).body, 'of-default');
});

test('a body announced as larger than the limit is 413 and does not reach the function', async (t) => {
  let called = 0;
  const { request, deploy, provider } = await start(t, { dunlin_max_body: '4' });
  provider.images.set('echo:latest', (_req, res) => res.end(String(++called)));
  await deploy('echo');
  t.is((await request('/function/echo', { method: 'POST', body: 'four' })).status, 200);
  const { status, body } = await request('/function/echo', { method: 'POST', body: 'fives' });
  t.is(status, 413);
  t.regex(JSON.parse(body).detail, /4 bytes, the gateway's dunlin_max_body; send less/);
  t.is(called, 1);
});

test('a chunked body that outgrows the limit under way is 413', async (t) => {
  const { request, deploy, provider } = await start(t, { dunlin_max_body: '1Ki' });
  provider.images.set('echo:latest', async (req, res) => res.end(String((await text(req)).length)));
  await deploy('echo');
  const headers = { 'transfer-encoding': 'chunked' };
  const send = (body: string) => request('/function/echo', { method: 'POST', body, headers });
  t.is((await send('x'.repeat(1024))).body, '1024');
  t.is((await send('x'.repeat(1025))).status, 413);
});

test('a call that waits for 100 Continue gets it only when its body is wanted', async (t) => {
  const { deploy, provider, port } = await start(t, { dunlin_max_body: '4' });
  provider.images.set('echo:latest', (req, res) => void req.pipe(res));
  await deploy('echo');
  const ask = async (length: number) => {
    const req = httpRequest({
      port,
      path: '/function/echo',
      method: 'POST',
      headers: { expect: '100-continue', 'content-length': length },
    });
    let continued = false;
    req.once('continue', () => {
      continued = true;
      req.end('x'.repeat(length));
    });
    req.flushHeaders();
    const [res] = (await once(req, 'response')) as [IncomingMessage];
    const body = await text(res);
    req.destroy();
    return { continued, status: res.statusCode, body };
  };
  t.deepEqual(await ask(4), { continued: true, status: 200, body: 'xxxx' });
  t.like(await ask(5), { continued: false, status: 413 });
});

test('an answer of the server-sent kind is passed on piece by piece and outlives upstream_timeout', async (t) => {
  const { deploy, provider, port, request } = await start(t, { upstream_timeout: '1s' });
  let finish: (() => void) | undefined;
  provider.images.set('sse:latest', (_req, res) => {
    res.writeHead(200, { 'content-type': 'text/event-stream' });
    res.write('data: 1\n\n');
    finish = () => res.end('data: 2\n\n');
  });
  provider.images.set('slow:latest', () => undefined);
  await deploy('sse');
  await deploy('slow');
  const open = async () =>
    ((await once(httpRequest({ port, path: '/function/sse' }).end(), 'response')) as [IncomingMessage])[0];
  let res = await open();
  // On a machine that is busy enough even a head takes a second.
  while (res.statusCode === 504) {
    res.resume();
    res = await open();
  }
  const [first] = await once(res, 'data');
  t.is(String(first), 'data: 1\n\n');
  // It began later, so the other's time is over too.
  t.is((await request('/function/slow')).status, 504);
  finish!();
  t.is(await text(res), 'data: 2\n\n');
});

for (const [what, head] of [
  ['two Host headers', 'GET /function/echo HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n'],
  ['no Host header', 'GET /function/echo HTTP/1.1\r\n\r\n'],
  [
    'both lengths',
    'POST /function/echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  ],
  ['a fragment', 'GET /function/echo#a HTTP/1.1\r\nHost: a\r\n\r\n'],
  ['an unknown coding', 'POST /function/echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n'],
  ['chunks in HTTP/1.0', 'POST /function/echo HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
] as const)
  test(`a request with ${what} is 400 and never reaches a function`, async (t) => {
    let called = false;
    const { deploy, provider, port } = await start(t);
    provider.images.set('echo:latest', (_req, res) => {
      called = true;
      res.end();
    });
    await deploy('echo');
    const socket = connect(port, '127.0.0.1');
    socket.end(head);
    t.regex(await text(socket), /^HTTP\/1\.1 400 /);
    t.false(called);
  });

test('an absolute target is served as its path', async (t) => {
  const { request, deploy, provider } = await start(t);
  provider.images.set('echo:latest', (req, res) => res.end(req.url));
  await deploy('echo');
  t.is((await request('http://gateway.example/function/echo/a?b')).body, '/a?b');
});
