import test from 'ava';
import { createLog } from './log.ts';
import { start } from './testing/start.ts';

const lines = (logged: readonly string[]) =>
  logged.flatMap((text) => text.trimEnd().split('\n')).map((line) => JSON.parse(line));

test('with dunlin_access_log each call is one line, without its query', async (t) => {
  const { deploy, request, logged, gateway } = await start(t, { dunlin_access_log: 'true' });
  await deploy('echo');
  const headers = { 'x-call-id': 'my-call' };
  await request('/function/echo/path?token=secret', { method: 'POST', body: 'x', headers });
  await request('/function/ghost');
  await gateway.close();
  const [call, unknown, ...more] = lines(logged);
  t.deepEqual(more, []);
  t.like(call, {
    callId: 'my-call',
    method: 'POST',
    path: '/function/echo/path',
    status: 200,
    function: 'echo.openfaas-fn',
    replica: 'replica-1',
    client: '127.0.0.1',
    msg: 'POST /function/echo/path 200',
  });
  t.true(call.durationMs > 0);
  t.regex(call.time, /^\d{4}-.*Z$/);
  t.like(unknown, { path: '/function/ghost', status: 404, msg: 'GET /function/ghost 404' });
  t.false('function' in unknown);
  t.false(logged.join('').includes('secret'));
});

test('without dunlin_access_log calls are not logged', async (t) => {
  const { deploy, request, logged, gateway } = await start(t);
  await deploy('echo');
  await request('/function/echo');
  await gateway.close();
  t.deepEqual(logged, []);
});

test('calls that end in one turn are written at once, in order; on a terminal in words', async (t) => {
  const written: string[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  const log = createLog({
    format: 'text',
    write(text) {
      written.push(text);
      resolve();
    },
  });
  for (const path of ['/function/a', '/function/b?q'])
    log.call({ callId: 'c', method: 'GET', path, status: 200, durationMs: 1.23456, client: '::1' });
  await promise;
  t.is(written.length, 1);
  t.regex(
    written[0]!,
    /^\d\d:\d\d:\d\d GET \/function\/a 200 1\.235 ms\n\d\d:\d\d:\d\d GET \/function\/b 200 1\.235 ms\n$/,
  );
});

test('changes of the API are logged, its reads only with dunlin_log_level=debug', async (t) => {
  for (const [env, wanted] of [
    [{}, ['DELETE /system/functions 404']],
    [
      { dunlin_log_level: 'debug' },
      ['GET /system/functions 200', 'PUT /system/functions 404', 'DELETE /system/functions 404'],
    ],
    [{ dunlin_log_level: 'error' }, []],
  ] as const) {
    const { request, json, logged, gateway } = await start(t, env);
    await request('/system/functions');
    // A first deployment asks so whether the function is there.
    await json('/system/functions', 'PUT', { service: 'ghost', image: 'ghost' });
    await json('/system/functions', 'DELETE', { functionName: 'ghost' });
    await gateway.close();
    t.deepEqual(
      lines(logged).map(({ msg }) => msg),
      wanted,
    );
  }
});
