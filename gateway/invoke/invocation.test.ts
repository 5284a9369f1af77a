import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import test from 'ava';
import { start } from '../testing/start.ts';

const ref = (name: string) => ({ name, namespace: 'openfaas-fn' });

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
  t.regex(JSON.parse(body).detail, /4 bytes, the gateway's dunlin_max_body/);
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

test('a function that does not answer in time is 504, which names the limit and its variable', async (t) => {
  const { request, deploy, provider } = await start(t, { upstream_timeout: '50ms' });
  provider.images.set('slow:latest', () => undefined);
  await deploy('slow');
  const { status, body } = await request('/function/slow');
  t.is(status, 504);
  t.like(JSON.parse(body), { code: 'timed_out' });
  t.regex(JSON.parse(body).detail, /within 0\.05 s, the gateway's upstream_timeout/);
});

test('a function may have a limit of its own, by its label', async (t) => {
  const { request, deploy, provider } = await start(t);
  provider.images.set('slow:latest', () => undefined);
  await deploy('slow', { labels: { 'com.dunlin.timeout': '50ms' } });
  const { status, body } = await request('/function/slow');
  t.is(status, 504);
  t.regex(JSON.parse(body).detail, /within 0\.05 s, its label com\.dunlin\.timeout/);
});

test('an answer that is cut is cut for the client too', async (t) => {
  const { request, deploy, provider } = await start(t);
  provider.images.set('cut:latest', (_req, res) => {
    res.writeHead(200, { 'content-length': 10 });
    res.write('half', () => res.destroy());
  });
  await deploy('cut');
  await t.throwsAsync(request('/function/cut'), { message: /aborted|socket hang up/ });
});

test('a replica that dies before it answers is 502 with its cause', async (t) => {
  const { request, deploy, provider } = await start(t);
  provider.images.set('dies:latest', (req) => void req.socket.destroy());
  await deploy('dies');
  provider.explanation = {
    code: 'replica_out_of_memory',
    message: 'The replica used more than 40Mi',
    signal: 'SIGKILL',
    lastLogLines: ['allocating'],
    at: new Date(),
  };
  const { status, headers, body } = await request('/function/dies', { method: 'POST', body: 'x' });
  t.is(status, 502);
  t.is(headers['x-dunlin-error'], 'replica_out_of_memory');
  t.like(JSON.parse(body), { code: 'replica_out_of_memory', signal: 'SIGKILL', lastLogLines: ['allocating'] });
});

test('a replica that dies without a known cause is 502 replica_died', async (t) => {
  const { request, deploy, provider } = await start(t);
  provider.images.set('dies:latest', (req) => void req.socket.destroy());
  await deploy('dies');
  const { status, body } = await request('/function/dies', { method: 'POST', body: 'x' });
  t.is(status, 502);
  t.is(JSON.parse(body).code, 'replica_died');
});

test('a call whose replica cannot be connected to goes to another, which the next calls prefer', async (t) => {
  const { request, deploy, provider } = await start(t);
  await deploy('echo', { labels: { 'com.openfaas.scale.min': '2' } });
  await provider.kill(ref('echo'), { notify: false });
  for (let i = 0; i < 20; i++) t.is((await request('/function/echo', { method: 'POST', body: 'x' })).status, 200);
});

test('a call of a function at zero starts one replica and is answered by it', async (t) => {
  const { request, deploy, provider } = await start(t);
  await deploy('echo', { labels: { 'com.openfaas.scale.min': '0' } });
  const answers = await Promise.all(Array.from({ length: 5 }, () => request('/function/echo')));
  t.true(answers.every(({ status }) => status === 200));
  t.deepEqual(provider.scaled, ['echo=1']);
});

test('a call waits for a replica that is starting, and goes on when the watch says it is ready', async (t) => {
  const { request, deploy, provider, untilWaiting } = await start(t);
  provider.holding = true;
  await deploy('echo');
  const answer = request('/function/echo', { method: 'POST', body: 'x' });
  await untilWaiting(1);
  await provider.release();
  t.is((await answer).status, 200);
  t.deepEqual(provider.scaled, []);
});

test('calls that wait hear why a start failed, in words, with exit code and last lines', async (t) => {
  const { request, deploy, provider, untilWaiting } = await start(t);
  provider.holding = true;
  await deploy('bad');
  const answers = [request('/function/bad'), request('/function/bad')];
  await untilWaiting(2);
  provider.fail(ref('bad'), {
    code: 'replica_crashed',
    message: 'The process exited with code 1 before it was ready',
    exitCode: 1,
    lastLogLines: ['SyntaxError: Unexpected token'],
    at: new Date(),
  });
  for (const { status, body } of await Promise.all(answers)) {
    t.is(status, 502);
    t.like(JSON.parse(body), { code: 'replica_crashed', exitCode: 1, lastLogLines: ['SyntaxError: Unexpected token'] });
  }
});

test('a call that waits too long is 503 no_replica', async (t) => {
  const { request, deploy, provider } = await start(t, { dunlin_cold_start_timeout: '20ms' });
  provider.holding = true;
  await deploy('echo');
  const { status, body } = await request('/function/echo');
  t.deepEqual([status, JSON.parse(body).code], [503, 'no_replica']);
});

test('more calls than may wait are 503 at once', async (t) => {
  const { request, deploy, provider, untilWaiting } = await start(t, { dunlin_max_waiting: '1' });
  provider.holding = true;
  await deploy('echo');
  const first = request('/function/echo');
  await untilWaiting(1);
  t.is((await request('/function/echo')).status, 503);
  await provider.release();
  t.is((await first).status, 200);
});

test('with scale_from_zero off a function at zero is 503', async (t) => {
  const { request, deploy, provider } = await start(t, { scale_from_zero: 'false' });
  await deploy('echo', { labels: { 'com.openfaas.scale.min': '0' } });
  t.is((await request('/function/echo')).status, 503);
  t.deepEqual(provider.scaled, []);
});

test('calls that wait for a function that is removed are 404', async (t) => {
  const { request, deploy, provider, untilWaiting } = await start(t);
  provider.holding = true;
  await deploy('echo');
  const answer = request('/function/echo');
  await untilWaiting(1);
  await provider.remove(ref('echo'));
  t.is((await answer).status, 404);
});

test('a client that leaves frees its place among the waiting', async (t) => {
  const { deploy, provider, port, untilWaiting } = await start(t);
  provider.holding = true;
  await deploy('echo');
  const req = httpRequest({ port, path: '/function/echo' }).on('error', () => undefined);
  req.end();
  await untilWaiting(1);
  req.destroy();
  await untilWaiting(0);
  t.pass();
});

test('what a watchdog reports is the failure that describe shows, until the next revision', async (t) => {
  const { request, deploy, provider } = await start(t);
  provider.images.set('late:latest', (_req, res) => res.writeHead(504, { 'X-Dunlin-Error': 'exec_timeout' }).end());
  await deploy('late');
  const failure = async () => JSON.parse((await request('/system/function/late')).body).failure;
  t.is(await failure(), undefined);
  await request('/function/late', { headers: { 'x-call-id': 'call-1' } });
  t.like(await failure(), { code: 'exec_timeout', callId: 'call-1' });
  await provider.update({ ...ref('late'), image: 'late:latest', labels: {}, annotations: {} });
  t.is(await failure(), undefined);
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

test('calls over com.dunlin.max-inflight wait for their turn, and go on in order as others end', async (t) => {
  const { request, deploy, provider, untilWaiting } = await start(t);
  const running: (() => void)[] = [];
  const order: string[] = [];
  let arrived = Promise.withResolvers<void>();
  provider.images.set('one:latest', (req, res) => {
    order.push(req.url!);
    running.push(() => res.end());
    arrived.resolve();
  });
  await deploy('one', { labels: { 'com.dunlin.max-inflight': '1' } });
  const answers = [request('/function/one/1')];
  await arrived.promise;
  answers.push(request('/function/one/2'));
  await untilWaiting(1);
  answers.push(request('/function/one/3'));
  await untilWaiting(2);
  t.deepEqual(order, ['/1']);
  for (const expected of [
    ['/1', '/2'],
    ['/1', '/2', '/3'],
  ]) {
    arrived = Promise.withResolvers();
    running.shift()!();
    await arrived.promise;
    t.deepEqual(order, expected);
  }
  running.shift()!();
  t.deepEqual(
    (await Promise.all(answers)).map(({ status }) => status),
    [200, 200, 200],
  );
});

test('a call whose turn does not come in time is 429, and says which limit', async (t) => {
  const { request, deploy, provider } = await start(t, { dunlin_cold_start_timeout: '20ms' });
  const { promise, resolve } = Promise.withResolvers<() => void>();
  provider.images.set('one:latest', (_req, res) => resolve(() => res.end()));
  await deploy('one', { labels: { 'com.dunlin.max-inflight': '1' } });
  const first = request('/function/one');
  const finish = await promise;
  const { status, body } = await request('/function/one');
  t.is(status, 429);
  t.regex(JSON.parse(body).detail, /com\.dunlin\.max-inflight/);
  finish();
  t.is((await first).status, 200);
});
