import { Agent, type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import test, { type ExecutionContext } from 'ava';
import { logReplicas } from '../../bench/lib/replica-log.ts';
import { type CallOutcome, steadyCalls } from '../../bench/lib/steady-calls.ts';
import type { ScalingJson } from '../../provider/wire/scaling.ts';
import { deployHandler } from '../harness/deploy-handler.ts';
import { type Platform, startPlatform } from '../harness/platform.ts';

let platform: Platform;
test.before(async () => {
  platform = await startPlatform({ args: ['--no-sample'] });
});
test.after.always(() => platform?.[Symbol.asyncDispose]());

const CAPACITY = {
  'com.openfaas.scale.type': 'capacity',
  'com.openfaas.scale.target': '5',
  'com.openfaas.scale.zero': 'true',
  'com.openfaas.scale.zero-duration': '4s',
};
const after = (ms: number): string =>
  `export default () => new Promise((done) => setTimeout(() => done('done'), ${ms}));\n`;

async function deploy(
  t: ExecutionContext,
  name: string,
  handler: string,
  labels: Record<string, string>,
): Promise<void> {
  const { code, stdout, stderr } = await deployHandler(platform, { name, handler, labels });
  t.is(code, 0, stdout + stderr);
}

test.serial(
  'a step of load from zero makes the replicas that it needs, keeps them, and leaves none when it ends',
  async (t) => {
    await deploy(t, 'step', after(50), { ...CAPACITY, 'com.openfaas.scale.max': '10' });
    await platform.until('step', ({ replicas }) => replicas === 0);
    const watching = new AbortController();
    const changes = logReplicas(platform, 'step', watching.signal);
    const outcomes = await steadyCalls(`${platform.url}/function/step`, 200, 12);
    watching.abort();
    t.deepEqual([...new Set(outcomes.map(({ status }) => status))], [200]);
    const seen = await changes;
    // 10 in flight, 4.5 each; a slow machine has more in flight.
    t.true(seen.at(-1)!.ready >= 3, JSON.stringify(seen));
    const replicas = seen.map(({ desired }) => desired);
    t.deepEqual(
      replicas,
      replicas.toSorted((a, b) => a - b),
      'no step down under load',
    );
    t.true(Math.max(...replicas) <= 10);
    await platform.until('step', ({ replicas: left, availableReplicas }) => left === 0 && availableReplicas === 0);
  },
);

test.serial(
  '1,000 first calls at once of a function at zero are all answered, within its maximum of replicas',
  async (t) => {
    await deploy(t, 'crowd', after(10), { ...CAPACITY, 'com.openfaas.scale.max': '3' });
    await platform.until('crowd', ({ replicas }) => replicas === 0);
    const watching = new AbortController();
    const changes = logReplicas(platform, 'crowd', watching.signal);
    const answers = await crowd('crowd', 1000);
    watching.abort();
    t.deepEqual([...new Set(answers.map(({ status }) => status))], [200]);
    t.deepEqual([...new Set(answers.map(({ body }) => body))], ['done']);
    t.true((await changes).every(({ desired, ready }) => desired <= 3 && ready <= 3));
  },
);

test.serial('CPU that a function takes is load, too', async (t) => {
  // By the processor's clock: on a busy machine 20 ms of a wall clock may hold little work.
  const burn = `export default () => {
  const from = process.cpuUsage();
  for (let used = 0; used < 20_000; ) used = Object.values(process.cpuUsage(from)).reduce((a, b) => a + b);
  return 'done';
};
`;
  const labels = {
    'com.openfaas.scale.type': 'cpu',
    'com.openfaas.scale.target': '50',
    'com.openfaas.scale.max': '3',
  };
  await deploy(t, 'burn', burn, labels);
  const ended = new AbortController();
  const load = async () => {
    while (!ended.signal.aborted) t.true((await steadyCalls(`${platform.url}/function/burn`, 20, 1)).every(is200));
  };
  const loading = load();
  await platform.until('burn', ({ availableReplicas }) => availableReplicas === 3);
  ended.abort();
  await loading;
  const { scaling } = (await (await platform.api('/system/function/burn')).json()) as { scaling: ScalingJson };
  t.is(scaling.type, 'cpu');
  t.regex(scaling.decision!.reason, /millicores, 50 x 0\.9 each/);
});

test.serial('a function that fails to start tells each of its waiters why', async (t) => {
  const handler = "if (process.env.broken) throw new Error('no licence');\nexport default () => 'fine';\n";
  await deploy(t, 'broken', handler, {});
  const { image } = (await (await platform.api('/system/function/broken')).json()) as { image: string };
  const scaled = await platform.api('/system/scale-function/broken', { method: 'POST', body: { replicas: 0 } });
  t.true(scaled.ok);
  await platform.until('broken', ({ availableReplicas }) => availableReplicas === 0);
  const spec = { service: 'broken', image, envVars: { broken: '1' } };
  t.true((await platform.api('/system/functions', { method: 'PUT', body: spec })).ok);
  for (const { status, body } of await crowd('broken', 50)) {
    const problem = JSON.parse(body) as { code: string; lastLogLines: string[] };
    t.deepEqual([status, problem.code], [502, 'replica_crashed'], body);
    t.true(
      problem.lastLogLines.some((line) => line.includes('no licence')),
      body,
    );
  }
});

const is200 = ({ status }: CallOutcome): boolean => status === 200;

/** Calls that have all begun before any is answered. */
function crowd(name: string, count: number): Promise<readonly { readonly status: number; readonly body: string }[]> {
  const agent = new Agent();
  const one = async () => {
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    request(`${platform.url}/function/${name}`, { method: 'POST', agent })
      .on('response', resolve)
      .on('error', reject)
      .end('x');
    const answer = await promise;
    return { status: answer.statusCode!, body: await text(answer) };
  };
  return Promise.all(Array.from({ length: count }, one));
}
