import { once } from 'node:events';
import { get } from 'node:http';
import test from 'ava';
import { authorization, start } from './testing/start.ts';

const echo = { service: 'echo', image: 'echo:latest' };

test('10.2: secrets are created with 202, a conflict is 409, update and delete are 202', async (t) => {
  const { json, request, provider } = await start(t);
  const secret = { name: 'key', value: 'one' };
  t.is((await json('/system/secrets', 'PUT', secret)).status, 404);
  t.is((await json('/system/secrets', 'POST', secret)).status, 202);
  t.is((await json('/system/secrets', 'POST', secret)).status, 409);
  t.is((await json('/system/secrets', 'PUT', { ...secret, rawValue: btoa('\0two') })).status, 202);
  t.is(Buffer.from(provider.secret({ name: 'key', namespace: 'openfaas-fn' }).value).toString(), '\0two');
  t.is((await request('/system/secrets')).body, '[{"name":"key","namespace":"openfaas-fn"}]');
  t.is((await json('/system/secrets', 'DELETE', { name: 'key' })).status, 202);
  t.is((await json('/system/secrets', 'DELETE', { name: 'key' })).status, 404);
});

test('10.3: the namespace is taken from the body or the query by delete, scale and secrets', async (t) => {
  const { json, provider } = await start(t);
  await provider.createNamespace({ name: 'dev', labels: {}, annotations: {} });
  for (const where of ['body', 'query']) {
    const query = where === 'query' ? '?namespace=dev' : '';
    const inBody = where === 'body' ? { namespace: 'dev' } : {};
    t.is((await json(`/system/functions${query}`, 'POST', { ...echo, ...inBody })).status, 202, where);
    const scaled = await json(`/system/scale-function/echo${query}`, 'POST', { replicas: 0, ...inBody });
    t.is(scaled.status, 202, where);
    t.is((await json(`/system/secrets${query}`, 'POST', { name: 'key', value: '', ...inBody })).status, 202, where);
    t.is((await json(`/system/secrets${query}`, 'DELETE', { name: 'key', ...inBody })).status, 202, where);
    const removed = await json(`/system/functions${query}`, 'DELETE', { functionName: 'echo', ...inBody });
    t.is(removed.status, 202, where);
  }
});

test('10.3: the default namespace is listed, and openfaas-fn names its functions', async (t) => {
  const { request, deploy } = await start(t);
  await deploy('echo');
  t.is((await request('/system/namespaces')).body, '["openfaas-fn"]');
  t.is((await request('/system/function/echo?namespace=openfaas-fn')).status, 200);
  t.is((await request('/system/function/echo.openfaas-fn')).status, 200);
  t.is((await request('/function/echo.openfaas-fn')).body, 'echo:latest');
});

test('10.8: without or with wrong credentials /system/* is 401 as OpenFaaS words it', async (t) => {
  const { request } = await start(t);
  for (const authorization of ['', 'Bearer ', `Basic ${btoa('admin:wrong')}`]) {
    const headers = authorization === '' ? undefined : { authorization };
    const answer = await request('/system/functions', { anonymous: true, ...(headers && { headers }) });
    t.is(answer.status, 401);
    t.is(answer.headers['www-authenticate'], 'Basic realm="Restricted"');
    t.is(answer.body, 'invalid credentials');
  }
});

test('10.8: with authentication off an empty Bearer is let in', async (t) => {
  const { request } = await start(t, { basic_auth: 'false' });
  t.is((await request('/system/functions', { headers: { authorization: 'Bearer ' }, anonymous: true })).status, 200);
});

test('who guesses passwords too fast gets 429, from his address only the guessing', async (t) => {
  const { request } = await start(t, { dunlin_max_guesses: '2' });
  const guess = () => request('/system/info', { headers: { authorization: `Basic ${btoa('admin:no')}` } });
  t.deepEqual([(await guess()).status, (await guess()).status], [401, 401]);
  const third = await guess();
  t.is(third.status, 429);
  t.is(third.headers['retry-after'], '1');
  t.is((await request('/healthz', { anonymous: true })).status, 200);
});

test('10.9: logs are lines of JSON that end when they are not followed', async (t) => {
  const { request, deploy, provider } = await start(t);
  await deploy('echo');
  const line = { name: 'echo', namespace: 'openfaas-fn', instance: 'r1', timestamp: '2026-01-31T12:00:00Z' };
  provider.logLines.push({ ...line, text: 'Forking fprocess.' }, { ...line, text: 'Wrote 11 Bytes' });
  const all = await request('/system/logs?name=echo');
  t.is(all.headers['content-type'], 'application/x-ndjson');
  t.deepEqual(
    all.body
      .trimEnd()
      .split('\n')
      .map((text) => JSON.parse(text).text),
    ['Forking fprocess.', 'Wrote 11 Bytes'],
  );
  t.is((await request('/system/logs?name=echo&tail=1')).body.trimEnd().split('\n').length, 1);
});

test('a client that leaves ends the log it followed', async (t) => {
  const { deploy, provider, port } = await start(t);
  await deploy('echo');
  provider.logLines.push({ name: 'echo', namespace: '', instance: '', timestamp: '', text: 'first' });
  const req = get({ port, path: '/system/logs?name=echo&follow=true', headers: { authorization } });
  const [res] = await once(req, 'response');
  await once(res, 'data');
  await until(() => provider.following === 1);
  req.destroy();
  await until(() => provider.following === 0);
  t.pass();
});

test('logs of an unknown function are 404, a query that cannot be read is 422', async (t) => {
  const { request, deploy } = await start(t);
  await deploy('echo');
  t.is((await request('/system/logs?name=ghost')).status, 404);
  t.is((await request('/system/logs')).status, 400);
  t.is((await request('/system/logs?name=echo&tail=ten')).status, 422);
});

test('namespaces are created, read, updated and deleted with the codes that go-sdk takes', async (t) => {
  const { json, request } = await start(t);
  const dev = { name: 'dev', labels: { openfaas: '1' }, annotations: { openfaas: '1' } };
  t.is((await json('/system/namespace/', 'POST', dev)).status, 201);
  t.is((await json('/system/namespace/', 'POST', dev)).status, 409);
  t.is((await json('/system/namespace/', 'POST', { labels: {} })).status, 400);
  t.deepEqual(JSON.parse((await request('/system/namespace/dev')).body), dev);
  t.is((await json('/system/namespace/dev', 'PUT', { ...dev, labels: { team: 'a' } })).status, 202);
  t.is((await json('/system/namespace/dev', 'PUT', { name: 'other' })).status, 400);
  t.is((await json('/system/namespace/ghost', 'PUT', { name: 'ghost' })).status, 404);
  t.deepEqual(JSON.parse((await request('/system/namespaces')).body), ['openfaas-fn', 'dev']);
  t.is((await json('/system/namespace/dev', 'DELETE', { name: 'dev' })).status, 202);
  t.is((await request('/system/namespace/dev')).status, 404);
  t.is((await request('/system/namespace/')).status, 400);
  t.is((await request('/system/functions?namespace=dev')).status, 404);
});

test('info names provider, orchestration and versions', async (t) => {
  const { request } = await start(t);
  const info = JSON.parse((await request('/system/info')).body);
  t.like(info, {
    provider: { provider: 'dunlin-memory', orchestration: 'memory', version: { release: '1.2.3', sha: 'abc' } },
    version: { release: '1.2.3', sha: 'abc' },
  });
  t.truthy(info.arch);
});

test('telemetry is JSON of sizes', async (t) => {
  const { request, deploy } = await start(t);
  await deploy('echo');
  t.like(JSON.parse((await request('/system/telemetry')).body), { functions: 1, replicas: 1, invocations: 0 });
});

test('bundles are uploaded once, named again without an upload, and listed', async (t) => {
  const { request, provider } = await start(t);
  const digest = `sha256:${'a'.repeat(64)}`;
  const path = `/system/bundles/${digest}?image=hello:latest`;
  const missing = await request(path, { method: 'PUT', body: '' });
  t.deepEqual([missing.status, missing.headers['x-dunlin-error']], [404, 'bundle_not_found']);
  t.is((await request(path, { method: 'PUT', body: 'tar' })).status, 201);
  t.is(provider.stored.get(digest)?.toString(), 'tar');
  t.is((await request(path.replace('latest', 'v2'), { method: 'PUT', body: '' })).status, 200);
  t.deepEqual(JSON.parse((await request('/system/bundles')).body), [
    { digest, image: 'hello:latest' },
    { digest, image: 'hello:v2' },
  ]);
});

for (const [what, path] of [
  ['a digest that is none', '/system/bundles/sha256:abc?image=hello'],
  ['a digest that climbs', '/system/bundles/..%2f..%2fetc?image=hello'],
  ['no image', `/system/bundles/sha256:${'a'.repeat(64)}`],
  ['an image with a space', `/system/bundles/sha256:${'a'.repeat(64)}?image=a%20b`],
] as const)
  test(`an upload with ${what} is refused and nothing is stored`, async (t) => {
    const { request, provider } = await start(t);
    t.is((await request(path, { method: 'PUT', body: 'tar' })).status, 400);
    t.is(provider.stored.size, 0);
  });

test('a disk that is full is told with the remedy, and not as something in a log', async (t) => {
  const { request, provider, logged } = await start(t);
  for (const error of [
    Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' }),
    new Error('database or disk is full'),
  ]) {
    provider.createNamespace = () => Promise.reject(error);
    const { status, body } = await request('/system/namespace/x', { method: 'POST', body: '{"name":"x"}' });
    t.deepEqual([status, body], [500, "The disk of the gateway's data folder is full; free some space, and try again"]);
    t.true(logged.some((line) => line.includes(error.message)));
  }
});

test('a bundle over the limit is 413 by its length and nothing is stored', async (t) => {
  const { request, provider } = await start(t, { dunlin_max_bundle: '2' });
  const path = `/system/bundles/sha256:${'a'.repeat(64)}?image=hello`;
  const { status, body } = await request(path, { method: 'PUT', body: 'tar' });
  t.is(status, 413);
  t.regex(body, /3 bytes, more than 2, the gateway's dunlin_max_bundle; leave out/);
  t.is(provider.stored.size, 0);
});

test('unknown paths are 404 and wrong verbs 405, worded as OpenFaaS does, before asking who it is', async (t) => {
  const { request, deploy } = await start(t);
  await deploy('echo');
  const anonymous = true;
  for (const path of ['/nope', '/metrics', '/system', '/system/functions/', '/function', '/system/function/%ff']) {
    const answer = await request(path, { anonymous });
    t.deepEqual([answer.status, answer.body], [404, '404 page not found\n'], path);
    t.is(answer.headers['content-type'], 'text/plain; charset=utf-8');
  }
  for (const [method, path] of [
    ['PATCH', '/system/functions'],
    ['HEAD', '/healthz'],
    ['DELETE', '/system/info'],
  ] as const) {
    const answer = await request(path, { method, anonymous });
    t.deepEqual([answer.status, answer.body], [405, ''], path);
  }
});

test('the root leads to the dashboard, and health needs no credentials', async (t) => {
  const { request } = await start(t);
  const root = await request('/', { anonymous: true });
  t.deepEqual([root.status, root.headers.location], [307, '/ui/']);
  const health = await request('/healthz', { anonymous: true });
  t.deepEqual([health.status, health.body], [200, 'OK']);
});

test('errors are text with their code in a header, or problem JSON when Accept names JSON', async (t) => {
  const { request } = await start(t);
  const asText = await request('/system/function/ghost');
  t.is(asText.status, 404);
  t.is(asText.headers['content-type'], 'text/plain; charset=utf-8');
  t.is(asText.headers['x-dunlin-error'], 'function_not_found');
  t.is(asText.body, 'there is no function ghost.openfaas-fn');
  const asJson = await request('/system/function/ghost', { headers: { accept: 'application/json' } });
  t.is(asJson.headers['content-type'], 'application/problem+json');
  t.like(JSON.parse(asJson.body), { status: 404, code: 'function_not_found', detail: asText.body });
});

test('a control-plane call is one log line, which names no credential', async (t) => {
  const { json, logged, gateway } = await start(t);
  await json('/system/functions?namespace=dev', 'POST', echo);
  // The line is written when the answer is through, which its client may know first.
  await gateway.close();
  const lines = logged.map((line) => JSON.parse(line));
  t.is(lines.length, 1);
  t.like(lines[0], { method: 'POST', path: '/system/functions', status: 404, detail: 'there is no namespace dev' });
  t.false(logged.join().includes('test-password'));
});

/** Polls what has no event to wait for: the state of the other side of a connection. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise(setImmediate);
}
