import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import type Docker from 'dockerode';
import type { FunctionStatus } from '../../provider/provider.ts';
import { createSwarmProvider } from '../../provider/swarm/swarm-provider.ts';
import { type Finished, root, run } from '../harness/platform.ts';
import { type Engines, forget, REGISTRY, startEngines } from './engine.ts';
import { privateRegistry } from './private-registry.ts';
import type { LoadFailure, LoadReport } from './swarm/load.ts';
import { copyImage, startNodes } from './swarm/nodes.ts';
import { buildProbe, type Stack, startStack } from './swarm/stack.ts';
import { createInNetwork, joinSwarm, pushImage, runInNetwork, step, until } from './swarm/swarm-bench.ts';

/** Of all that this run makes, so that nothing else is taken for it. */
const TEAM = `dunlin-test-${process.pid}`;
const PROBE = `${REGISTRY}/${TEAM}/probe:1`;
/** Of a load, each with one call at a time. */
const CLIENTS = 4;

let engines: Engines;
let docker: Docker;
let leaveSwarm: (() => Promise<void>) | undefined;
let stack: Stack;
let home: string;
let project: string;

test.before(async () => {
  engines = await startEngines();
  docker = engines.docker;
  leaveSwarm = await joinSwarm(docker);
  home = await mkdtemp(join(tmpdir(), 'dunlin-swarm-'));
  project = await mkdtemp(join(tmpdir(), 'dunlin-swarm-'));
  const built = await run(['npm', 'run', '--silent', 'build:images']);
  if (built.code !== 0) throw new Error(`npm run build:images: ${built.stdout}${built.stderr}`);
  await buildProbe(PROBE);
  await pushImage(docker, PROBE);
});
test.after.always(async () => {
  await stack?.[Symbol.asyncDispose]();
  if (docker) await removeImages();
  for (const name of ['probe', 'hello']) await forget(`${TEAM}/${name}`, name === 'probe' ? '1' : 'latest');
  for (const folder of [home, project]) if (folder) await rm(folder, { recursive: true, force: true });
  await leaveSwarm?.();
  await engines?.[Symbol.asyncDispose]();
});

async function removeImages(): Promise<void> {
  for (const { RepoTags, RepoDigests } of await docker.listImages())
    for (const name of [...(RepoTags ?? []), ...(RepoDigests ?? [])].filter((each) => each.includes(TEAM)))
      await docker
        .getImage(name)
        .remove({ force: true })
        .catch(() => undefined);
}

async function cli(args: readonly string[], options: { input?: string } = {}): Promise<Finished> {
  const env = { HOME: home, DUNLIN_DATA: home, OPENFAAS_URL: stack.url, NO_COLOR: '1' };
  return run([join(root, 'bin/faas-cli'), ...args], { cwd: project, env, ...options });
}

async function succeed(args: readonly string[], options: { input?: string } = {}): Promise<string> {
  const done = await cli(args, options);
  if (done.code !== 0) throw new Error(`faas-cli ${args.join(' ')}: ${done.code}\n${done.stdout}${done.stderr}`);
  return done.stdout;
}

/** The function as the API tells it. */
async function describe(name: string): Promise<Partial<FunctionStatus>> {
  const { status, text: body } = await stack.api('GET', `/system/function/${name}`);
  return status === 200 ? JSON.parse(body) : {};
}

const untilAvailable = (name: string, count: number): Promise<true> =>
  until(async () => {
    const { availableReplicas = 0, replicas = 0 } = await describe(name);
    return availableReplicas === count && replicas === count ? true : undefined;
  });

test.serial('the conformance suite holds, in a container on the functions network', async (t) => {
  const network = await docker.createNetwork({ Name: TEAM, Driver: 'overlay', Attachable: true });
  t.teardown(() =>
    until(() =>
      network.remove().then(
        () => true as const,
        () => undefined,
      ),
    ),
  );
  // AVA makes it where it is missing, and the checkout is read only in there.
  await mkdir(join(root, 'node_modules/.cache/ava'), { recursive: true });
  const { code, output } = await step(t, 'conformance suite', () =>
    runInNetwork(
      docker,
      TEAM,
      [
        'node',
        'node_modules/ava/entrypoints/cli.js',
        '--config',
        'ava.engines.config.js',
        'test/engines/swarm/conformance.ts',
      ],
      { env: [`DUNLIN_TEST_IMAGE=${PROBE}`, `DUNLIN_TEST_NETWORK=${TEAM}`, 'NO_COLOR=1'] },
    ),
  );
  t.log(
    output
      .split('\n')
      .filter((line) => /✔|✘|passed|failed/.test(line))
      .join('\n'),
  );
  t.is(code, 0, output);
});

test.serial('one command brings the stack up: two gateways, Prometheus, Alertmanager, NATS, all healthy', async (t) => {
  stack = await step(t, 'images, deploy/swarm/up, all services healthy', () => startStack(docker, TEAM, 2));
  t.is((await stack.gateways()).length, 2);
  const { status, text: body } = await stack.api('GET', '/system/info');
  t.is(status, 200);
  t.is(JSON.parse(body).provider.orchestration, 'swarm');
  const again = await run(['sh', join(root, 'deploy/swarm/up')], {
    env: { DUNLIN_STACK: `${TEAM}-never`, DOCKER_HOST: 'unix:///none' },
  });
  t.is(again.code, 1);
  t.regex(again.stderr, /No Docker Engine answers/);
});

test.serial(
  'a function goes through new, build, push, deploy, invoke, scale, logs, secret, update and remove',
  async (t) => {
    await step(t, 'login', () =>
      succeed(['login', '--username', 'admin', '--password-stdin'], { input: stack.password }),
    );
    await step(t, 'new', () =>
      succeed(['new', '--lang', 'javascript', 'hello', '--prefix', `${REGISTRY}/${TEAM}`, '--quiet']),
    );
    await writeFile(join(project, 'hello/handler.js'), HANDLER);
    const stackFile = join(project, 'stack.yaml');
    await writeFile(stackFile, `${(await readFile(stackFile, 'utf8')).trimEnd()}\n    secrets: [api-key]\n`);
    await step(t, 'secret create', () => succeed(['secret', 'create', 'api-key', '--from-literal', 'first']));
    await step(t, 'build', () => succeed(['build']));
    await step(t, 'push', () => succeed(['push']));
    await step(t, 'deploy', () => succeed(['deploy']));
    const invoke = () => cli(['invoke', 'hello'], { input: 'Ada' });
    await step(t, 'invoke', async () => t.is((await invoke()).stdout.trim(), 'v1 Ada first'));

    const [service] = await docker.listServices({ filters: { name: ['hello'] } });
    const { TaskTemplate } = service!.Spec as { TaskTemplate: { ContainerSpec: { Image: string } } };
    t.regex(TaskTemplate.ContainerSpec.Image, /@sha256:[0-9a-f]{64}$/, 'it is pinned to its digest');

    await step(t, 'scale to 3', async () => {
      await stack.api('POST', '/system/scale-function/hello', { serviceName: 'hello', replicas: 3 });
      await untilAvailable('hello', 3);
    });
    await step(t, 'logs', async () =>
      t.regex(await succeed(['logs', 'hello', '--tail=false', '--lines', '50']), /called by Ada/),
    );
    await step(t, 'describe', async () => t.regex(await succeed(['describe', 'hello']), /RAM:/));
    await step(t, 'secret update, rolled through three replicas', async () => {
      await succeed(['secret', 'update', 'api-key', '--from-literal', 'second']);
      await until(async () => {
        const answers = await Promise.all([invoke(), invoke(), invoke(), invoke()]);
        return answers.every(({ stdout }) => stdout.trim() === 'v1 Ada second') ? true : undefined;
      });
    });
    t.is((await describe('hello')).replicas, 3);
    await writeFile(join(project, 'hello/handler.js'), HANDLER.replace('v1', 'v2'));
    await step(t, 'update: up, all three replaced', async () => {
      await succeed(['up']);
      await until(async () => ((await describe('hello')).updatedReplicas === 3 ? true : undefined));
    });
    t.is((await invoke()).stdout.trim(), 'v2 Ada second');
    t.is((await describe('hello')).replicas, 3);
    t.regex((await cli(['secret', 'remove', 'api-key'])).stderr, /used by function "hello"/);
    await step(t, 'remove', () => succeed(['remove', 'hello']));
    t.deepEqual(await docker.listServices({ filters: { name: ['hello'] } }), []);
    await step(t, 'secret remove', () => succeed(['secret', 'remove', 'api-key']));
  },
);

const HANDLER = `import { readFileSync } from 'node:fs';
export default async (event) => {
  const name = String(event.body);
  console.log('called by', name);
  return 'v1 ' + name + ' ' + readFileSync('/var/openfaas/secrets/api-key', 'utf8');
};
`;

test.serial('under a steady load, only calls in flight on what is killed with kill -9 fail', async (t) => {
  const spec = (version: string) => ({ service: 'steady', image: PROBE, envVars: { VERSION: version } });
  t.is((await stack.api('POST', '/system/functions', spec('1'))).status, 202);
  await untilAvailable('steady', 1);
  const load = await createInNetwork(docker, stack.network, [
    ...['node', 'test/engines/swarm/load.ts', 'tasks.gateway', '8080', '/function/steady/echo', String(CLIENTS)],
  ]);
  t.teardown(() => load.remove({ force: true }));
  await load.start();
  const kills: Kill[] = [];
  const scale = (replicas: number) =>
    step(t, `scale to ${replicas}`, async () => {
      await stack.api('POST', '/system/scale-function/steady', { serviceName: 'steady', replicas });
      await untilAvailable('steady', replicas);
    });
  await step(t, 'update', async () => {
    await stack.api('PUT', '/system/functions', spec('2'));
    await until(async () => ((await describe('steady')).updatedReplicas === 1 ? true : undefined));
    await until(async () => ((await containersOf('steady')).length === 1 ? true : undefined));
  });
  await scale(4);
  await scale(1);
  await until(async () => ((await containersOf('steady')).length === 1 ? true : undefined));
  await scale(3);
  await step(t, 'two of three replicas killed with kill -9, back', async () => {
    for (const { Id } of (await containersOf('steady')).slice(0, 2)) kills.push(await kill(Id));
    await untilAvailable('steady', 3);
  });
  await step(t, 'one of two gateways killed with kill -9, back', async () => {
    const [gateway] = await stack.gateways();
    const address = gateway!.NetworkSettings.Networks[stack.network]!.IPAMConfig as unknown as { IPv4Address: string };
    kills.push({ ...(await kill(gateway!.Id)), gateway: address.IPv4Address });
    await until(async () =>
      (await stack.gateways()).filter(({ Status }) => /\(healthy\)/.test(Status)).length === 2 ? true : undefined,
    );
  });
  await load.stop({ t: 30 });
  const logs = await load.logs({ stdout: true, stderr: true, follow: false });
  const report = JSON.parse(logs.toString('utf8', logs.indexOf('{'))) as LoadReport;
  const [excused, failed] = [report.failures.filter(wasInFlight), report.failures.filter((each) => !wasInFlight(each))];
  t.log(
    `${report.calls} calls, ${failed.length} failed, beside ${excused.length} in flight on what was killed with kill -9; ${report.reconnected} went to the other gateway; slowest ${report.slowestMs} ms`,
  );
  t.deepEqual(failed, []);
  t.true(report.calls > 500);
  await stack.api('DELETE', '/system/functions', { functionName: 'steady' });

  /** It was under way when something was killed, and cut by that: by the gateway that died, or for a replica's death. */
  function wasInFlight({ from, at, what, gateway }: LoadFailure): boolean {
    return kills.some(
      (killed) =>
        from <= killed.ended &&
        at >= killed.begun &&
        (killed.gateway === undefined ? /"code":"replica_(crashed|died)"|^cut/.test(what) : gateway === killed.gateway),
    );
  }
});

/** In milliseconds of Date.now(): when it was asked for, and when the engine had done it. */
interface Kill {
  readonly begun: number;
  readonly ended: number;
  readonly gateway?: string;
}

async function kill(id: string): Promise<Kill> {
  const begun = Date.now();
  await docker.getContainer(id).kill({ signal: 'SIGKILL' });
  return { begun, ended: Date.now() };
}

const containersOf = (service: string): Promise<readonly Docker.ContainerInfo[]> =>
  docker.listContainers({ filters: { label: [`com.docker.swarm.service.name=${service}`] } });

test.serial('from zero, the first call is answered; all but the engine takes little of its time', async (t) => {
  await stack.api('POST', '/system/functions', {
    service: 'zero',
    image: PROBE,
    labels: { 'com.openfaas.scale.min': '0' },
  });
  await until(async () => ((await describe('zero')).name ? true : undefined));
  const events = (await docker.getEvents({ filters: { type: ['service', 'container'] } })) as NodeJS.ReadableStream & {
    destroy(): void;
  };
  let told = '';
  events.setEncoding('utf8').on('data', (chunk) => (told += chunk));
  const begun = Date.now();
  const answer = await fetch(`${stack.url}/function/zero/echo`, { method: 'POST', body: 'first' });
  const ended = Date.now();
  t.is(await answer.text(), 'first');
  await delay(100);
  events.destroy();
  const when = (action: string): number => {
    const lines = told.split('\n').filter((line) => line.includes(`"Action":"${action}"`));
    const event = lines.map((line) => JSON.parse(line)).find(({ Actor }) => JSON.stringify(Actor).includes('zero'));
    return event.timeNano / 1e6;
  };
  const [asked, created, started] = [when('update'), when('create'), when('start')];
  const [task] = (await docker.listTasks({ filters: { service: ['zero'] } })) as { ID: string }[];
  const listening = await readyAt(task!.ID);
  t.log(`${ended - begun} ms from the call to its answer, on a machine that does other things too:`);
  const part = (ms: number, what: string) => t.log(`${ms.toFixed(0).padStart(6)} ms  ${what}`);
  part(asked - begun, 'ours: until the Swarm was asked for a replica');
  part(created - asked, 'engine: scheduling, until the container was made');
  part(started - created, 'engine: network and start of the container');
  part(listening - started, 'function: its own start, until its watchdog took calls');
  part(ended - listening, 'ours: until the call was answered');
  part(asked - begun + ended - listening, 'ours in all');
  await stack.api('DELETE', '/system/functions', { functionName: 'zero' });
});

/** When its watchdog wrote the file that says so, in milliseconds of Date.now(). */
async function readyAt(taskId: string): Promise<number> {
  const [container] = await docker.listContainers({ filters: { label: [`com.docker.swarm.task.id=${taskId}`] } });
  const logs = await docker.getContainer(container!.Id).logs({ stderr: true, timestamps: true, follow: false });
  return Date.parse(/(\d{4}-\d\d-\d\dT[\d:.]+Z) .*Writing lock-file/.exec(logs.toString('utf8'))![1]!);
}

test.serial(
  'services made by hand as faas-swarm made them are listed, called, scaled, updated and removed',
  async (t) => {
    const labels = {
      'com.openfaas.function': 'legacy',
      function: 'true',
      'com.openfaas.uid': '12345',
      'com.openfaas.annotations.topic': 'shore',
      team: 'birds',
    };
    await docker.createService({
      Name: 'legacy',
      Labels: labels,
      TaskTemplate: {
        ContainerSpec: { Image: PROBE, Labels: labels, Env: ['fprocess=node server.mjs', 'VERSION=old'] },
        RestartPolicy: { Condition: 'any', MaxAttempts: 5, Delay: 5_000_000_000 },
        Placement: { Constraints: ['node.platform.os == linux'] },
        Resources: { Limits: { MemoryBytes: 128 * 1024 ** 2 } },
        Networks: [{ Target: stack.network }],
      },
      Mode: { Replicated: { Replicas: 1 } },
      EndpointSpec: { Mode: 'dnsrr' },
    });
    await step(t, 'found and ready', () => untilAvailable('legacy', 1));
    const { createdAt, ...found } = await describe('legacy');
    t.like(found, {
      name: 'legacy',
      image: PROBE,
      envProcess: 'node server.mjs',
      envVars: { VERSION: 'old' },
      annotations: { topic: 'shore' },
      limits: { memory: '134217728' },
    });
    t.is(found.labels!.team, 'birds');
    t.truthy(createdAt);
    t.regex(await succeed(['list']), /legacy/);
    const version = async () => (await fetch(`${stack.url}/function/legacy/env/VERSION`)).text();
    t.is(await version(), 'old');
    await step(t, 'scaled', async () => {
      await stack.api('POST', '/system/scale-function/legacy', { serviceName: 'legacy', replicas: 2 });
      await untilAvailable('legacy', 2);
    });
    await step(t, 'updated', async () => {
      const { status } = await stack.api('PUT', '/system/functions', {
        service: 'legacy',
        image: PROBE,
        envVars: { VERSION: 'new' },
      });
      t.is(status, 202);
      await until(async () => ((await describe('legacy')).updatedReplicas === 2 ? true : undefined));
      await until(async () => ((await version()) === 'new' ? true : undefined));
    });
    t.is((await describe('legacy')).replicas, 2);
    await step(t, 'removed', () => succeed(['remove', 'legacy']));
    t.deepEqual(await docker.listServices({ filters: { name: ['legacy'] } }), []);
  },
);

test.serial('what cannot be deployed is refused with its reason, and leaves nothing', async (t) => {
  await docker.createService({
    Name: 'taken',
    TaskTemplate: { ContainerSpec: { Image: PROBE } },
    Mode: { Replicated: { Replicas: 0 } },
  });
  t.teardown(() => docker.getService('taken').remove());
  const refusals: readonly [number, RegExp, object][] = [
    [404, /not in the registry|does not have it/, { image: `${REGISTRY}/${TEAM}/none:1` }],
    [400, /no name of an image/, { image: 'No Such:Image:1'.replaceAll(' ', '') }],
    [400, /limits\.memory.*"lots"/, { limits: { memory: 'lots' } }],
    [400, /requests\.cpu.*"-1"/, { requests: { cpu: '-1' } }],
    [404, /secret "pass".*faas-cli secret create pass/, { secrets: ['pass'] }],
    [400, /constraints\[0\] must be like "node\.labels\.zone == a".*got "zone=a"/, { constraints: ['zone=a'] }],
    [400, /com\.dunlin\.pids.*"many"/, { annotations: { 'com.dunlin.pids': 'many' } }],
    [400, /is no function, which is left alone/, { service: 'taken' }],
  ];
  for (const [status, reason, more] of refusals) {
    const answer = await stack.api('POST', '/system/functions', { service: 'refused', image: PROBE, ...more });
    t.is(answer.status, status, answer.text);
    t.regex(answer.text, reason);
  }
  t.is((await stack.api('DELETE', '/system/functions', { functionName: 'taken' })).status, 404);
  t.is((await docker.listServices({ filters: { name: ['taken'] } })).length, 1);
  t.deepEqual(await docker.listServices({ filters: { name: ['refused'] } }), []);
});

test.serial('a private registry needs credentials, which the gateway passes on to the nodes', async (t) => {
  const registry = await privateRegistry(t);
  const image = `${registry}/${TEAM}/private:1`;
  const auth = { username: 'ada', password: 'secret' };
  await docker.getImage(PROBE).tag({ repo: image.slice(0, -':1'.length), tag: '1' });
  await pushImage(docker, image, auth);
  await docker.getImage(image).remove();
  const refused = await stack.api('POST', '/system/functions', { service: 'private', image });
  t.is(refused.status, 400);
  t.regex(refused.text, /asks for credentials.*dunlin_registry_config/);

  const registryConfig = join(home, 'registry.json');
  const auths = { [registry]: { auth: Buffer.from(`${auth.username}:${auth.password}`).toString('base64') } };
  await writeFile(registryConfig, JSON.stringify({ auths }));
  await using provider = await createSwarmProvider({ network: stack.network, registryConfig, log: () => undefined });
  const spec = { name: 'private', namespace: 'openfaas-fn', image, labels: {}, annotations: {} };
  await provider.deploy(spec, AbortSignal.timeout(60_000));
  await step(t, 'pulled with credentials, and ready', () => untilAvailable('private', 1));
  await provider.remove(spec, AbortSignal.timeout(60_000));
});

test.serial('describe says why a function is not ready: no node fits, or it crashes', async (t) => {
  await stack.api('POST', '/system/functions', {
    service: 'nowhere',
    image: PROBE,
    constraints: ['node.labels.moon == full'],
  });
  const nowhere = await step(t, 'no node fits', () => until(async () => (await describe('nowhere')).failure));
  t.is(nowhere.code, 'no_replica');
  t.regex(nowhere.message, /No node can run .*scheduling constraints not satisfied .*change constraints/);
  await stack.api('POST', '/system/functions', { service: 'crashes', image: PROBE, envVars: { FAIL_START: '1' } });
  const crashed = await step(t, 'it crashes', () => until(async () => (await describe('crashes')).failure));
  t.like(crashed, { code: 'replica_crashed', exitCode: 7 });
  t.true(crashed.lastLogLines.some((line) => line.includes('no database at db.example')));
  for (const functionName of ['nowhere', 'crashes']) await stack.api('DELETE', '/system/functions', { functionName });
});

test.serial('three nodes: replicas spread, one node is cut off, calls go on', async (t) => {
  const nodes = await step(t, 'three engines, each in a network namespace of its own', () => startNodes(docker, 3));
  t.teardown(() => nodes[Symbol.asyncDispose]());
  const [first, ...others] = nodes.engines as [Docker, ...Docker[]];
  await step(t, 'one swarm of them, with the images', async () => {
    await first.swarmInit({ ListenAddr: '0.0.0.0:2377', AdvertiseAddr: nodes.addresses[0] });
    const { JoinTokens } = (await first.swarmInspect()) as { JoinTokens: { Worker: string } };
    for (const [index, engine] of others.entries())
      await engine.swarmJoin({
        ListenAddr: '0.0.0.0:2377',
        AdvertiseAddr: nodes.addresses[index + 1],
        RemoteAddrs: [`${nodes.addresses[0]}:2377`],
        JoinToken: JoinTokens.Worker,
      });
    await copyImage(docker, PROBE, nodes.engines);
    await copyImage(docker, 'dunlin/gateway:latest', [first]);
  });
  const network = await first.createNetwork({ Name: 'functions', Driver: 'overlay', Attachable: true });
  await first.createService({
    Name: 'gateway',
    TaskTemplate: {
      ContainerSpec: {
        Image: 'dunlin/gateway:latest',
        Env: ['basic_auth=false', `dunlin_network=${network.id}`, 'upstream_timeout=20s'],
        Mounts: [
          {
            Type: 'bind',
            Source: (first.modem as unknown as { socketPath: string }).socketPath,
            Target: '/var/run/docker.sock',
          },
        ],
      },
      Placement: { Constraints: ['node.role == manager'] },
      Networks: [{ Target: network.id }],
    },
    EndpointSpec: { Mode: 'dnsrr', Ports: [{ TargetPort: 8080, PublishedPort: 8080, PublishMode: 'host' }] },
  });
  const url = `http://${nodes.addresses[0]}:8080`;
  await step(t, 'gateway', () => until(() => fetch(`${url}/healthz`).catch(() => undefined)));
  const ready = async () => {
    const answer = await fetch(`${url}/system/function/three`);
    return answer.ok ? (((await answer.json()) as Partial<FunctionStatus>).availableReplicas ?? 0) : undefined;
  };
  await step(t, 'three replicas', async () => {
    const labels = { 'com.openfaas.scale.min': '3' };
    const body = JSON.stringify({ service: 'three', image: PROBE, labels });
    t.is((await fetch(`${url}/system/functions`, { method: 'POST', body })).status, 202);
    await until(async () => ((await ready()) === 3 ? true : undefined));
  });
  const tasks = async () =>
    (await first.listTasks({ filters: { service: ['three'], 'desired-state': ['running'] } })) as { NodeID: string }[];
  t.is(new Set((await tasks()).map(({ NodeID }) => NodeID)).size, 3, 'each node has one');
  await step(
    t,
    "a worker's engine restarted, then the manager's: three replicas again, and calls are answered",
    async () => {
      for (const index of [1, 0]) {
        await nodes.restart(index);
        await until(async () => ((await ready().catch(() => undefined)) === 3 ? true : undefined));
        const answer = await fetch(`${url}/function/three/echo`, { method: 'POST', body: 'back' });
        t.is(await answer.text(), 'back');
      }
    },
  );
  // They moved together while nodes were away, and Swarm moves nothing that runs.
  for (const replicas of [0, 3]) {
    const body = JSON.stringify({ serviceName: 'three', replicas });
    await fetch(`${url}/system/scale-function/three`, { method: 'POST', body });
    await until(async () => ((await ready()) === replicas && (await tasks()).length === replicas ? true : undefined));
  }
  t.is(new Set((await tasks()).map(({ NodeID }) => NodeID)).size, 3, 'again each node has one');
  const load = startLoad(t, [nodes.addresses[0]!, '8080', '/function/three/echo', String(CLIENTS)]);
  await nodes.cut(2);
  await step(t, 'one node cut off; three replicas on the others', () =>
    until(async () => {
      const nodesNow = new Set((await tasks()).map(({ NodeID }) => NodeID));
      return nodesNow.size === 2 && (await ready()) === 3 ? true : undefined;
    }),
  );
  const report = await load.end();
  // Sent on connections that were open to it: nothing answers, nothing refuses, so the calls' time limit ends them.
  const [excused, failed] = [
    report.failures.filter(({ what }) => what.includes('"timed_out"')),
    report.failures.filter(({ what }) => !what.includes('"timed_out"')),
  ];
  t.log(
    `${report.calls} calls, ${failed.length} failed, beside ${excused.length} sent on open connections to the node that was cut off`,
  );
  t.true(excused.length <= CLIENTS, 'once for each connection');
  t.deepEqual(failed, []);
  t.true(report.calls > 100);
});

/** The load from this machine itself. */
function startLoad(t: ExecutionContext, args: readonly string[]) {
  const child = spawn(process.execPath, [join(root, 'test/engines/swarm/load.ts'), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.teardown(() => child.kill('SIGKILL'));
  const printed = text(child.stdout);
  return {
    async end(): Promise<LoadReport> {
      child.kill('SIGTERM');
      return JSON.parse(await printed) as LoadReport;
    },
  };
}
