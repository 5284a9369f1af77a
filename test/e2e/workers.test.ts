import { once } from 'node:events';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { Agent, type IncomingMessage, request } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import test, { type ExecutionContext } from 'ava';
import { type Platform, root, run, startPlatform } from '../harness/platform.ts';

async function withWorkers(t: ExecutionContext): Promise<Platform> {
  const platform = await startPlatform({ args: ['--workers', '2'] });
  t.teardown(() => platform[Symbol.asyncDispose]());
  return platform;
}

const servingPid = ({ dataDir }: Platform): number =>
  JSON.parse(readFileSync(join(dataDir, 'gateway.json'), 'utf8')).pid as number;

/** Process ids of the workers of a gateway. */
const workersOf = (pid: number): number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((child) => {
      try {
        const stat = readFileSync(`/proc/${child}/stat`, 'latin1');
        const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
        return parent === pid && readFileSync(`/proc/${child}/cmdline`, 'latin1').includes('workers/main.ts');
      } catch {
        return false;
      }
    });

/** Open connections to the gateway's port that each process has: sockets of /proc/net/tcp by inode. */
function connectionsOf(pid: number, port: number): number {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  const inodes = new Set(
    readFileSync('/proc/net/tcp', 'latin1')
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .filter(([, local, , state]) => local?.endsWith(`:${hex}`) && state === '01')
      .map((fields) => fields[9]),
  );
  return readdirSync(`/proc/${pid}/fd`).filter((fd) => {
    try {
      return inodes.has(/^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1]);
    } catch {
      return false;
    }
  }).length;
}

async function call(platform: Platform, agent: Agent, path = '/function/figlet'): Promise<number> {
  const req = request(`${platform.url}${path}`, { method: 'POST', agent });
  req.end('Ada');
  const [res] = (await once(req, 'response')) as [IncomingMessage];
  await text(res);
  return res.statusCode!;
}

const startedCalls = async ({ metricsUrl }: Platform): Promise<number> => {
  const body = await (await fetch(`${metricsUrl}/metrics`)).text();
  return Number(/gateway_function_invocation_started\{function_name="figlet.openfaas-fn"\} (\d+)/.exec(body)?.[1] ?? 0);
};

test('workers share connections evenly, and the metrics are those of all', async (t) => {
  const platform = await withWorkers(t);
  const before = await startedCalls(platform);
  const agent = new Agent({ keepAlive: true });
  t.teardown(() => agent.destroy());
  const statuses = await Promise.all(Array.from({ length: 40 }, () => call(platform, agent)));
  t.deepEqual(new Set(statuses), new Set([200]));
  // A worker that is too busy to tell what it counted is asked again at the next scrape.
  let started = await startedCalls(platform);
  while (started - before < 40) started = await startedCalls(platform);
  t.is(started - before, 40);
  const port = Number(new URL(platform.url).port);
  const shares = workersOf(platform.pid).map((pid) => connectionsOf(pid, port));
  t.is(shares.length, 2);
  t.true(Math.min(...shares) > 0 && Math.max(...shares) - Math.min(...shares) <= 2, String(shares));
});

test('the API and calls that only the primary can decide on come through a worker', async (t) => {
  const platform = await withWorkers(t);
  const body = { serviceName: 'figlet', replicas: 0 };
  t.is((await platform.api('/system/functions')).status, 200);
  t.is((await fetch(`${platform.url}/system/functions`)).status, 401);
  t.is((await platform.api('/system/scale-function/figlet', { method: 'POST', body })).status, 202);
  await platform.until('figlet', ({ availableReplicas }) => availableReplicas === 0);
  t.is((await platform.call('figlet', { method: 'POST', body: 'Ada' })).status, 200, 'a cold start');
  t.is((await platform.call('ghost', { method: 'POST', body: 'Ada' })).status, 404);
  const metrics = await (await fetch(`${platform.metricsUrl}/metrics`)).text();
  t.regex(metrics, /gateway_function_cold_starts_total\{function_name="figlet.openfaas-fn"\} 1\n/);
});

test('a worker that dies is replaced', async (t) => {
  const platform = await withWorkers(t);
  const [victim, other] = workersOf(platform.pid);
  process.kill(victim!, 'SIGKILL');
  while (workersOf(platform.pid).filter((pid) => pid !== victim).length < 2)
    t.is((await fetch(`${platform.metricsUrl}/healthz`)).status, 200);
  t.true(workersOf(platform.pid).includes(other!));
  const agent = new Agent({ keepAlive: false });
  const statuses = await Promise.all(Array.from({ length: 10 }, () => call(platform, agent)));
  t.deepEqual(new Set(statuses), new Set([200]));
});

test('a gateway with workers is replaced without a failed call', async (t) => {
  const platform = await withWorkers(t);
  const agent = new Agent({ keepAlive: true, maxSockets: 4 });
  t.teardown(() => agent.destroy());
  let over = false;
  const taken = run([
    'sh',
    join(root, 'tools/node'),
    join(root, 'gateway/main.ts'),
    '--take-over',
    '--data',
    platform.dataDir,
  ]).finally(() => (over = true));
  while (!over)
    for (const status of await Promise.all(Array.from({ length: 4 }, () => call(platform, agent)))) t.is(status, 200);
  t.is((await taken).code, 0);
  t.is(workersOf(servingPid(platform)).length, 2);
  agent.destroy();
  t.is(await platform.stop(), 0);
  t.deepEqual(workersOf(platform.pid), []);
});
