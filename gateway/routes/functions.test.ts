import test from 'ava';
import { ref, start } from '../testing/start.ts';

const echo = { service: 'echo', image: 'echo:latest' };

test('10.1: PUT of an unknown function is 404, POST creates it, PUT updates it, DELETE is never 204', async (t) => {
  const { json, provider } = await start(t);
  t.is((await json('/system/functions', 'PUT', echo)).status, 404);
  t.is((await json('/system/functions', 'POST', echo)).status, 202);
  t.is((await json('/system/functions', 'POST', echo)).status, 409);
  t.is((await json('/system/functions', 'PUT', { ...echo, image: 'echo:2' })).status, 202);
  t.is((await provider.describe(ref('echo'), { usage: false })).image, 'echo:2');
  t.is((await json('/system/functions', 'DELETE', { functionName: 'echo' })).status, 202);
  t.is((await json('/system/functions', 'DELETE', { functionName: 'echo' })).status, 404);
});

test('10.4: null labels and annotations are taken, both come out as objects, empty fields do not come out', async (t) => {
  const { json, request } = await start(t);
  await json('/system/functions', 'POST', { ...echo, labels: null, annotations: null, envVars: null });
  const [listed] = JSON.parse((await request('/system/functions')).body);
  const described = JSON.parse((await request('/system/function/echo')).body);
  t.deepEqual(listed, described);
  t.deepEqual(Object.keys(listed).sort(), [
    'annotations',
    'availableReplicas',
    'createdAt',
    'image',
    'labels',
    'name',
    'namespace',
    'replicas',
  ]);
  t.deepEqual(listed.annotations, {});
  t.regex(listed.createdAt, /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
});

test('10.5: image, limits, requests, annotations and order of secrets come back byte for byte', async (t) => {
  const { json, request } = await start(t);
  for (const name of ['b-key', 'a-key']) await json('/system/secrets', 'POST', { name, value: '' });
  const sent = {
    image: 'docker.io/functions/alpine:latest',
    limits: { memory: '5Mi', cpu: '100m' },
    requests: { memory: '1Mi' },
    annotations: { text: 'line\n\ttab "quoted" é' },
    secrets: ['b-key', 'a-key'],
    envVars: { A: '1' },
    envProcess: 'sha512sum',
    readOnlyRootFilesystem: true,
  };
  t.is((await json('/system/functions', 'POST', { service: 'echo', ...sent })).status, 202);
  t.like(JSON.parse((await request('/system/function/echo')).body), sent);
});

test('10.7: every function has the label faas_function', async (t) => {
  const { json, request } = await start(t);
  await json('/system/functions', 'POST', { ...echo, labels: { tier: 'gold' } });
  const { labels } = JSON.parse((await request('/system/function/echo')).body);
  t.deepEqual(labels, { tier: 'gold', faas_function: 'echo' });
});

test('10.10: the list counts calls from memory, without Prometheus', async (t) => {
  const { request, deploy } = await start(t);
  await deploy('echo');
  await request('/function/echo');
  await request('/function/echo.openfaas-fn');
  t.is(JSON.parse((await request('/system/functions')).body)[0].invocationCount, 2);
  t.is(JSON.parse((await request('/system/function/echo')).body).invocationCount, 2);
});

test('usage is there when it is asked for', async (t) => {
  const { request, deploy } = await start(t);
  await deploy('echo');
  t.deepEqual(JSON.parse((await request('/system/function/echo?usage=1')).body).usage, {
    cpu: 5,
    totalMemoryBytes: 1024,
  });
  t.false((await request('/system/function/echo')).body.includes('usage'));
});

test('functions scale to zero and without a cap', async (t) => {
  const { json, request, deploy } = await start(t);
  await deploy('echo');
  t.is((await json('/system/scale-function/echo', 'POST', { serviceName: 'echo', replicas: 0 })).status, 202);
  t.is(JSON.parse((await request('/system/function/echo')).body).replicas, undefined);
  t.is((await json('/system/scale-function/echo', 'POST', { serviceName: 'echo', replicas: 7 })).status, 202);
  t.is(JSON.parse((await request('/system/function/echo')).body).replicas, 7);
  t.is((await json('/system/scale-function/ghost', 'POST', { replicas: 1 })).status, 404);
  t.is((await json('/system/scale-function/echo', 'POST', { serviceName: 'other', replicas: 1 })).status, 400);
  t.is((await json('/system/scale-function/echo', 'POST', { replicas: -1 })).status, 400);
});

test("10.12: Alertmanager's webhook scales up while an alert fires, and back when it is resolved", async (t) => {
  const { json, deploy, provider } = await start(t);
  await deploy('echo', { labels: { 'com.openfaas.scale.max': '4', 'com.openfaas.scale.factor': '50' } });
  const alert = (status: string, function_name = 'echo.openfaas-fn') => {
    const labels = { alertname: 'APIHighInvocationRate', function_name };
    return json('/system/alert', 'POST', { receiver: 'scale-up', status, alerts: [{ status, labels }] });
  };
  t.is((await alert('firing')).status, 200);
  t.is((await alert('firing')).status, 200);
  t.is((await alert('firing', 'ghost.openfaas-fn')).status, 200);
  t.is((await alert('resolved')).status, 200);
  t.deepEqual(provider.scaled, ['echo=3', 'echo=4', 'echo=1']);
  t.is((await json('/system/alert', 'POST', { alerts: 'none' })).status, 400);
});

for (const [what, body, message] of [
  ['no body', '', /the body is empty/],
  ['broken JSON', '{"service":', /the body is no JSON/],
  ['a name that breaks the rule', '{"service":"../etc","image":"x"}', /service must be 1 to 63 of a-z/],
  ['a secret that does not exist', '{"service":"a","image":"x","secrets":["ghost"]}', /no secret ghost/],
  [
    'a label that cannot be read',
    '{"service":"a","image":"x","labels":{"com.dunlin.timeout":"soon"}}',
    /labels\.com\.dunlin\.timeout must be/,
  ],
  ['an unknown namespace', '{"service":"a","image":"x","namespace":"ghost"}', /no namespace ghost/],
] as const)
  test(`a deployment with ${what} is refused in words and nothing is deployed`, async (t) => {
    const { request } = await start(t);
    const answer = await request('/system/functions', { method: 'POST', body });
    t.true(answer.status === 400 || answer.status === 404);
    t.regex(answer.body, message);
    t.is((await request('/system/functions')).body, '[]');
  });

test('a deployment larger than the API takes is 413 and the connection survives it', async (t) => {
  const { request } = await start(t);
  const body = JSON.stringify({ ...echo, annotations: { big: 'x'.repeat(5 * 1024 * 1024) } });
  t.is((await request('/system/functions', { method: 'POST', body })).status, 413);
});
