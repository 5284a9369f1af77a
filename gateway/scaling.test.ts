import test, { type ExecutionContext } from 'ava';
import { freePort } from '../common/free-port.ts';
import type { ScalingJson } from '../provider/wire/scaling.ts';
import { MemoryProvider } from './testing/memory-provider.ts';
import { MemoryRecords } from './testing/memory-records.ts';
import { ref, start } from './testing/start.ts';

const CAPACITY = {
  'com.openfaas.scale.type': 'capacity',
  'com.openfaas.scale.target': '2',
  'com.openfaas.scale.target-proportion': '1',
  'com.openfaas.scale.max': '4',
};

/** Resolves once the provider was asked for so many replicas: `name=count`. */
async function scaledTo(provider: MemoryProvider, wanted: string): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const stop = provider.watch(() => provider.scaled.includes(wanted) && resolve());
  await promise;
  stop();
}

/** An image that answers nothing until it is told to. */
function holding(provider: MemoryProvider, image: string) {
  const waiting: (() => void)[] = [];
  provider.images.set(image, (_req, res) => void waiting.push(() => res.end('done')));
  return { answer: () => waiting.splice(0).forEach((go) => void go()) };
}

test('load that the gateway counts makes replicas, and the status says how many and why', async (t) => {
  const { provider, deploy, request } = await start(t);
  const { answer } = holding(provider, 'busy:latest');
  await deploy('busy', { labels: CAPACITY });
  const calls = Array.from({ length: 20 }, () => request('/function/busy'));
  await scaledTo(provider, 'busy=4');
  const status = async () => JSON.parse((await request('/system/function/busy')).body) as { scaling: ScalingJson };
  let { scaling } = await status();
  // The first look may have come when they had been in flight for so short that four were just enough.
  while (/need 4$/.test(scaling.decision!.reason)) ({ scaling } = await status());
  t.like(scaling, { driver: 'autoscaler', type: 'capacity', target: 2, proportion: 1, min: 1, max: 4 });
  t.is(scaling.decision?.replicas, 4);
  t.regex(scaling.decision!.reason, /calls in flight, 2 x 1 each, need \d+, within limits 4/);
  t.true(scaling.load! > 2);
  answer();
  for (const { status } of await Promise.all(calls)) t.is(status, 200);
});

test('a function goes to zero, and its next call finds it again', async (t) => {
  const { provider, deploy, request } = await start(t);
  await deploy('idle', {
    labels: { 'com.openfaas.scale.zero': 'true', 'com.openfaas.scale.zero-duration': '1s' },
  });
  await scaledTo(provider, 'idle=0');
  const { scaling } = JSON.parse((await request('/system/function/idle')).body) as { scaling: ScalingJson };
  t.like(scaling, { driver: 'alerts', zeroAfterSeconds: 1 });
  t.is((await request('/function/idle')).body, 'idle:latest');
});

test('a function without such labels has no scaling in its status, and is never scaled', async (t) => {
  const { provider, deploy, request } = await start(t);
  await deploy('plain');
  await deploy('idle', {
    labels: { 'com.openfaas.scale.zero': 'true', 'com.openfaas.scale.zero-duration': '1s' },
  });
  await scaledTo(provider, 'idle=0');
  t.false('scaling' in JSON.parse((await request('/system/function/plain')).body));
  t.deepEqual(provider.scaled, ['idle=0']);
});

test('labels that break their rules are refused, by POST and PUT, and say which, why and what', async (t) => {
  const { json, deploy } = await start(t);
  await deploy('there');
  const labels = { 'com.openfaas.scale.min': '5', 'com.openfaas.scale.max': '2' };
  for (const [method, service] of [
    ['POST', 'new'],
    ['PUT', 'there'],
  ] as const) {
    const { status, body } = await json('/system/functions', method, { service, image: 'x', labels });
    t.is(status, 400);
    t.is(body.trim(), 'labels.com.openfaas.scale.max must be 5 or more, which is com.openfaas.scale.min, got "2"');
  }
});

test('labels that came past the check are shown as ignored', async (t) => {
  const { deploy, request } = await start(t);
  await deploy('odd', { labels: { 'com.openfaas.scale.target': '-1' } });
  const { scaling } = JSON.parse((await request('/system/function/odd')).body) as { scaling: ScalingJson };
  t.deepEqual(scaling.ignored, ['labels.com.openfaas.scale.target must be a number above 0, got "-1"']);
});

test('an alert for a function that the autoscaler drives changes nothing', async (t) => {
  const { json, deploy, provider } = await start(t);
  await deploy('busy', { labels: CAPACITY });
  const alerts = [{ status: 'firing', labels: { function_name: 'busy.openfaas-fn' } }];
  t.is((await json('/system/alert', 'POST', { status: 'firing', alerts })).status, 200);
  t.deepEqual(provider.scaled, []);
});

test('an alert that scaled a function is its last decision', async (t) => {
  const { json, deploy, request } = await start(t);
  await deploy('echo');
  const alerts = [{ status: 'firing', labels: { function_name: 'echo.openfaas-fn' } }];
  await json('/system/alert', 'POST', { receiver: 'whoever', status: 'firing', alerts });
  const { scaling, replicas } = JSON.parse((await request('/system/function/echo')).body);
  t.is(replicas, 5);
  t.like(scaling.decision, { replicas: 5, reason: 'an alert is firing' });
});

test("a resolved alert returns to the schedule's minimum, where one holds", async (t) => {
  const { json, deploy, provider } = await start(t);
  await deploy('held', { labels: { 'com.dunlin.scale.schedule': '* * * * * = 3' } });
  await provider.scale(ref('held'), 7);
  const alerts = [{ status: 'resolved', labels: { function_name: 'held.openfaas-fn' } }];
  await json('/system/alert', 'POST', { status: 'resolved', alerts });
  t.is(provider.scaled.at(-1), 'held=3');
});

test("a webhook without a body, with no JSON, or of wrong types is refused with OpenFaaS's text and the cause", async (t) => {
  const { json, request } = await start(t);
  const firstLine = (body: string): string => body.split('\n', 1)[0]!;
  const empty = await request('/system/alert', { method: 'POST' });
  t.deepEqual([empty.status, firstLine(empty.body)], [400, 'A body is required for this endpoint']);
  for (const body of [
    '{',
    '[]',
    '"alerts"',
    '{"alerts":{}}',
    '{"receiver":1}',
    '{"alerts":[{"labels":{"function_name":7}}]}',
  ]) {
    const answer = await request('/system/alert', { method: 'POST', body });
    t.deepEqual([answer.status, firstLine(answer.body)], [400, 'Unable to parse alert, bad format.'], body);
    t.true(answer.body.split('\n')[1]!.length > 10);
  }
  t.is((await json('/system/alert', 'POST', { alerts: [{ status: 'firing', labels: {} }] })).status, 200);
});

test('what fails of several alerts is told in lines, and the others are done', async (t) => {
  const { json, deploy, provider } = await start(t);
  await deploy('good');
  await deploy('bad');
  const scale = provider.scale.bind(provider);
  provider.scale = (named, replicas) =>
    named.name === 'bad' ? Promise.reject(new Error('the cluster is away')) : scale(named, replicas);
  const alerts = ['bad', 'good'].map((name) => ({
    status: 'firing',
    labels: { function_name: `${name}.openfaas-fn` },
  }));
  const { status, body } = await json('/system/alert', 'POST', { status: 'firing', alerts });
  t.deepEqual([status, body.trim()], [500, '[0] the cluster is away']);
  t.deepEqual(provider.scaled, ['good=5']);
});

/** Two gateways over the same functions, each of which knows where both serve their metrics. */
async function twoGateways(t: ExecutionContext) {
  const provider = new MemoryProvider();
  provider.records = new MemoryRecords();
  const ports = [await freePort(), await freePort()];
  const peers = ports.map((port) => `127.0.0.1:${port}`).join(',');
  const env = (port: number) => ({ dunlin_metrics_port: String(port), dunlin_peers: peers, dunlin_lease: '6s' });
  const gateways = [
    await start(t, env(ports[0]!), undefined, provider),
    await start(t, env(ports[1]!), undefined, provider),
  ];
  const leads = async ({ request, metricsPort: port }: (typeof gateways)[number]): Promise<boolean> =>
    (await request('/metrics', { port })).body.includes('\ngateway_autoscaler_leader 1\n');
  /** The one that decides first. */
  async function roles() {
    for (;;) {
      const [a, b] = gateways as [(typeof gateways)[number], (typeof gateways)[number]];
      const [aLeads, bLeads] = [await leads(a), await leads(b)];
      t.false(aLeads && bLeads);
      if (aLeads) return [a, b] as const;
      if (bLeads) return [b, a] as const;
    }
  }
  return { provider, roles, leads };
}

test('of two gateways exactly one decides, by what both count, and the other one once it has stopped', async (t) => {
  const { provider, roles, leads } = await twoGateways(t);
  const { answer } = holding(provider, 'busy:latest');
  const [leader, other] = await roles();
  for (const name of ['busy', 'later']) await leader.deploy(name, { image: 'busy:latest', labels: CAPACITY });

  const calls = Array.from({ length: 12 }, () => other.request('/function/busy'));
  await scaledTo(provider, 'busy=4');
  t.false(await leads(other));
  t.regex(JSON.parse((await leader.request('/system/function/busy')).body).scaling.decision.reason, /calls in flight/);

  await leader.gateway.close();
  while (!(await leads(other)));
  const more = Array.from({ length: 12 }, () => other.request('/function/later'));
  await scaledTo(provider, 'later=4');
  answer();
  for (const { status } of await Promise.all([...calls, ...more])) t.is(status, 200);
  await provider.scale(ref('busy'), 1);
});
