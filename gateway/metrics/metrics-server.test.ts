import { open } from 'node:fs/promises';
import test from 'ava';
import { start } from '../testing/start.ts';

const ref = { name: 'echo', namespace: 'openfaas-fn' };

async function withCalls(t: Parameters<typeof start>[0]) {
  const platform = await start(t);
  platform.provider.images.set('echo:latest', (req, res) => res.writeHead(req.url === '/teapot' ? 418 : 200).end());
  await platform.deploy('echo');
  const scrape = async () => (await platform.request('/metrics', { port: platform.metricsPort, anonymous: true })).body;
  return { ...platform, scrape };
}

test('10.10: metrics have the names, the fn.ns label and code as a string that OpenFaaS has', async (t) => {
  const { request, scrape } = await withCalls(t);
  await request('/function/echo');
  await request('/function/echo.openfaas-fn');
  await request('/function/echo/teapot');
  const body = await scrape();
  for (const line of [
    '# TYPE gateway_function_invocation_total counter',
    'gateway_function_invocation_total{function_name="echo.openfaas-fn",code="200"} 2',
    'gateway_function_invocation_total{function_name="echo.openfaas-fn",code="418"} 1',
    '# TYPE gateway_function_invocation_started counter',
    'gateway_function_invocation_started{function_name="echo.openfaas-fn"} 3',
    '# TYPE gateway_functions_seconds histogram',
    'gateway_functions_seconds_bucket{le="+Inf",function_name="echo.openfaas-fn",code="200"} 2',
    'gateway_functions_seconds_count{function_name="echo.openfaas-fn",code="418"} 1',
    '# TYPE gateway_service_count gauge',
    'gateway_service_count{function_name="echo.openfaas-fn"} 1',
    'gateway_function_invocation_inflight{function_name="echo.openfaas-fn"} 0',
  ])
    t.true(body.split('\n').includes(line), line);
  t.regex(body, /\nprocess_cpu_seconds_total/);
  t.regex(body, /\nnodejs_eventloop_lag_seconds/);
});

test('every line of the exposition follows the text format', async (t) => {
  const { request, scrape } = await withCalls(t);
  await request('/function/echo');
  const name = '[a-zA-Z_:][a-zA-Z0-9_:]*';
  const label = '[a-zA-Z_][a-zA-Z0-9_]*="[^"\\\\\\n]*"';
  const line = new RegExp(
    `^(?:|# (?:HELP|TYPE) .+|${name}(?:\\{${label}(?:,${label})*\\})? (?:[-+0-9.e]+|NaN|[+-]Inf))$`,
  );
  const wrong = (await scrape()).split('\n').filter((text) => !line.test(text));
  t.deepEqual(wrong, []);
});

test('the buckets of the histogram are those of OpenFaaS, and cumulate', async (t) => {
  const { request, scrape } = await withCalls(t);
  await request('/function/echo');
  const buckets = [...(await scrape()).matchAll(/gateway_functions_seconds_bucket\{le="([^"]+)".*\} (\d+)/g)];
  t.deepEqual(
    buckets.map(([, bound]) => bound),
    ['0.005', '0.01', '0.025', '0.05', '0.1', '0.25', '0.5', '1', '2.5', '5', '10', '+Inf'],
  );
  const counts = buckets.map(([, , count]) => Number(count));
  t.deepEqual(
    counts,
    counts.toSorted((a, b) => a - b),
  );
  t.is(counts.at(-1), 1);
});

test('series of a deleted function vanish, and calls of unknown ones make none', async (t) => {
  const { request, scrape, provider } = await withCalls(t);
  await request('/function/echo');
  await request('/function/ghost');
  t.true((await scrape()).includes('echo.openfaas-fn'));
  t.false((await scrape()).includes('ghost'));
  await provider.remove(ref);
  t.false((await scrape()).includes('echo.openfaas-fn'));
});

test('desired replicas are those of the moment', async (t) => {
  const { scrape, provider } = await withCalls(t);
  await provider.scale(ref, 3);
  t.regex(await scrape(), /\ngateway_service_count\{function_name="echo\.openfaas-fn"\} 3\n/);
});

test('failures made by the gateway are counted with their status', async (t) => {
  const { request, scrape, provider } = await withCalls(t);
  provider.images.set('dies:latest', (req) => void req.socket.destroy());
  await provider.deploy({ ...ref, name: 'dies', image: 'dies:latest', labels: {}, annotations: {} });
  await request('/function/dies', { method: 'POST', body: 'x' });
  t.regex(await scrape(), /gateway_function_invocation_total\{function_name="dies\.openfaas-fn",code="502"\} 1\n/);
});

test('sizes of requests and waits for a replica are histograms of those that had any', async (t) => {
  const { request, scrape, provider } = await withCalls(t);
  t.false((await scrape()).includes('gateway_function_wait_seconds_count'));
  await provider.scale(ref, 0);
  await request('/function/echo', { method: 'POST', body: 'x'.repeat(500) });
  const lines = (await scrape()).split('\n');
  for (const line of [
    'gateway_function_wait_seconds_count{function_name="echo.openfaas-fn"} 1',
    'gateway_function_cold_starts_total{function_name="echo.openfaas-fn"} 1',
    'gateway_function_request_bytes_bucket{le="100",function_name="echo.openfaas-fn"} 0',
    'gateway_function_request_bytes_bucket{le="1000",function_name="echo.openfaas-fn"} 1',
    'gateway_function_request_bytes_sum{function_name="echo.openfaas-fn"} 500',
  ])
    t.true(lines.includes(line), line);
});

// Serial: the other tests of this file open and close sockets of the same process. Those of the file that AVA runs in
// another thread do so all the same, but not a hundred from one moment to the next.
test.serial('the open files of the process are counted', async (t) => {
  const { scrape } = await withCalls(t);
  const count = async () => Number(/\nprocess_open_fds (\d+)\n/.exec(await scrape())?.[1]);
  const before = await count();
  t.true(before > 0);
  const files = await Promise.all(Array.from({ length: 200 }, () => open('/dev/null')));
  t.true((await count()) >= before + 100);
  await Promise.all(files.map((file) => file.close()));
});

test('the metrics port serves /metrics and /healthz to GET, and nothing else', async (t) => {
  const { request, metricsPort: port } = await withCalls(t);
  t.like(await request('/healthz', { port }), { status: 200, body: 'OK' });
  t.is((await request('/healthz', { port, method: 'POST' })).status, 405);
  t.is((await request('/metrics', { port, method: 'HEAD' })).status, 405);
  t.is((await request('/', { port })).status, 404);
  t.is((await request('/system/functions', { port })).status, 404);
});
