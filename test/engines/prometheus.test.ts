import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import test from 'ava';
import { type Platform, root, run, startPlatform } from '../harness/platform.ts';
import { installPrograms } from './apt.ts';
import { type Monitoring, startMonitoring } from './monitoring.ts';

const folder = join(root, 'prometheus');
const dashboards = readdirSync(join(folder, 'dashboards'));
/** Made by the Prometheus client of Node and by Prometheus itself. */
const BUSY = 'busy.openfaas-fn';

let platform: Platform;
let monitoring: Monitoring;
test.before(async () => {
  installPrograms([
    { command: 'prometheus', packages: ['prometheus'] },
    { command: 'prometheus-alertmanager', packages: ['prometheus-alertmanager'] },
  ]);
  platform = await startPlatform();
  monitoring = await startMonitoring(platform);
});
test.after.always(async () => {
  await monitoring?.[Symbol.asyncDispose]();
  await platform?.[Symbol.asyncDispose]();
});

const checks: readonly (readonly string[])[] = [
  ...readdirSync(folder)
    .filter((file) => /^prometheus.*\.yml$/.test(file))
    .map((file) => ['promtool', 'check', 'config', file]),
  ...readdirSync(folder)
    .filter((file) => file.startsWith('alertmanager'))
    .map((file) => ['amtool', 'check-config', file]),
  ['promtool', 'check', 'rules', 'alert.rules.yml'],
  ['promtool', 'test', 'rules', 'alert.rules.test.yml'],
];
for (const command of checks)
  test(`${command.join(' ')} finds nothing wrong`, async (t) => {
    const { code, stdout, stderr } = await run(command, { cwd: folder });
    t.is(code, 0, stdout + stderr);
  });

test.serial(
  'two clients at 5 calls a second each take a function to its maximum, and when they end it is back',
  async (t) => {
    await deploy('busy', { 'com.openfaas.scale.min': '1', 'com.openfaas.scale.max': '2' });
    await platform.until('busy', ({ availableReplicas }) => availableReplicas === 1);
    const load = new AbortController();
    const clients = [client(load.signal), client(load.signal)];
    const [began, up] = [performance.now(), platform.until('busy', ({ replicas }) => replicas === 2)];
    await up;
    t.log(`2 replicas ${seconds(began)} after the load began`);
    load.abort();
    t.deepEqual([...new Set((await Promise.all(clients)).flat())], [200]);
    const ended = performance.now();
    await platform.until('busy', ({ replicas }) => replicas === 1);
    t.log(`1 replica ${seconds(ended)} after it ended`);
  },
);

test.serial('every expression of every dashboard and rule uses only metrics that there are', async (t) => {
  // Each metric once: calls, a failure, a wait from zero, a load, and a prediction.
  await deploy('all', {
    'com.openfaas.scale.type': 'rps',
    'com.openfaas.scale.zero': 'true',
    'com.openfaas.scale.zero-duration': '1s',
    'com.dunlin.scale.predict': 'shadow',
  });
  await platform.until('all', ({ replicas }) => replicas === 0);
  t.is((await platform.call('all', { method: 'POST', body: 'x' })).status, 200);
  await untilScraped('gateway_function_wait_seconds_count{function_name="all.openfaas-fn"}');
  const names = await monitoring.metricNames();

  const expressions = [...dashboards.flatMap(expressionsOf), ...rules()];
  t.true(expressions.length > 40);
  for (const expression of expressions) {
    const concrete = expression.replaceAll('$function', BUSY);
    await t.notThrowsAsync(monitoring.query(concrete), concrete);
    for (const name of concrete.match(/\b(gateway|process|nodejs)_\w+/g) ?? [])
      t.true(names.includes(name), `${name} in ${concrete}`);
  }
});

for (const file of dashboards)
  test.serial(`each panel of ${file} shows something once there were calls`, async (t) => {
    // Nothing of these is to be seen where all is well.
    const quiet = /5\.\.|maximum|predictions|target|wait_seconds|request_bytes|>=/;
    for (const expression of expressionsOf(file).filter((text) => !quiet.test(text))) {
      const concrete = expression.replaceAll('$function', BUSY);
      t.true((await monitoring.query(concrete)).length > 0, concrete);
    }
  });

const seconds = (since: number): string => `${((performance.now() - since) / 1000).toFixed(1)} s`;

async function deploy(service: string, labels: Record<string, string>): Promise<void> {
  const { image } = (await (await platform.api('/system/function/figlet')).json()) as { image: string };
  const answer = await platform.api('/system/functions', { method: 'POST', body: { service, image, labels } });
  if (!answer.ok) throw new Error(await answer.text());
}

/** Statuses of one call each fifth of a second, until told to stop. */
async function client(signal: AbortSignal): Promise<readonly number[]> {
  const statuses: number[] = [];
  while (!signal.aborted) {
    const next = setTimeout(200);
    const answer = await platform.call('busy', { method: 'POST', body: 'x' });
    await answer.arrayBuffer();
    statuses.push(answer.status);
    await next;
  }
  return statuses;
}

/** Of one function: another one's metrics may be there since before. All of a function's come by one scrape. */
async function untilScraped(selector: string): Promise<void> {
  while ((await monitoring.query(selector)).length === 0) await setTimeout(200);
}

function expressionsOf(file: string): readonly string[] {
  const { panels } = JSON.parse(readFileSync(join(folder, 'dashboards', file), 'utf8')) as {
    panels: { targets: { expr: string }[] }[];
  };
  return panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));
}

/** By what Prometheus itself made of the file. */
function rules(): readonly string[] {
  const text = readFileSync(join(folder, 'alert.rules.yml'), 'utf8');
  return [...text.matchAll(/expr: (?:\|\n((?: {10}.*\n)+)|(.+))/g)].map(([, block, line]) => (block ?? line)!.trim());
}
