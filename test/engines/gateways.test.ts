import { setTimeout } from 'node:timers/promises';
import test from 'ava';
import Docker from 'dockerode';
import { freePort } from '../../common/free-port.ts';
import { type Platform, run, startPlatform } from '../harness/platform.ts';
import { type Engines, startEngines } from './engine.ts';
import { joinSwarm, removeNetwork } from './swarm/swarm-bench.ts';

/** One service each; nothing calls its replicas, so it need only run. */
const IMAGE = 'dunlin-test/sleeps:latest';
const NETWORK = 'dunlin-test-gateways';
const FUNCTIONS = ['scaling-first', 'scaling-second'];
const LEASE_S = 10;
const RECORD = 'dunlin_record.dunlin-scaling';
const LABELS = {
  'com.openfaas.scale.type': 'rps',
  'com.openfaas.scale.target': '2',
  'com.openfaas.scale.max': '4',
};

const docker = new Docker();
let engines: Engines;
let leaveSwarm: (() => Promise<void>) | undefined;
const gateways: Platform[] = [];
test.before(async () => {
  engines = await startEngines();
  leaveSwarm = await joinSwarm(docker);
  // The first process of a container ends by a signal only if it says so.
  const dockerfile = `FROM debian:bookworm-slim\nCMD ["sh", "-c", "trap 'exit 0' TERM; while :; do sleep 1; done"]\n`;
  const built = await run(['docker', 'build', '-q', '-t', IMAGE, '-'], {
    input: dockerfile,
    env: { DOCKER_BUILDKIT: '0' },
  });
  if (built.code !== 0) throw new Error(built.stderr);
  await docker.createNetwork({ Name: NETWORK, Driver: 'overlay', Attachable: true });
});
test.after.always(async () => {
  for (const gateway of gateways) await gateway[Symbol.asyncDispose]();
  for (const { ID, Spec } of await docker.listServices())
    if (FUNCTIONS.includes(Spec?.Name ?? '')) await docker.getService(ID).remove();
  for (const { ID } of await docker.listConfigs({ filters: { name: [RECORD] } })) await docker.getConfig(ID).remove();
  await removeNetwork(docker, NETWORK);
  await leaveSwarm?.();
  await engines?.[Symbol.asyncDispose]();
});

test('of two gateways on a Swarm one decides, by what both count; when it is killed the other one does', async (t) => {
  const ports = [await freePort(), await freePort()];
  for (const port of ports)
    gateways.push(
      await startPlatform({
        args: ['--no-sample', '--metrics-port', String(port)],
        env: {
          dunlin_provider: 'swarm',
          dunlin_network: NETWORK,
          // So long that a Swarm which is slow to write does not pass it on while its holder lives.
          dunlin_lease: `${LEASE_S}s`,
          // The host cannot reach the functions' network: calls fail, soon, and that is load too.
          upstream_timeout: '300ms',
          dunlin_peers: ports.map((peer) => `127.0.0.1:${peer}`).join(','),
        },
      }),
    );
  const [leader, other] = await roles(t.is.bind(t));
  t.log(`${gateways.indexOf(leader)} of ${gateways.length} decides`);
  for (const name of FUNCTIONS) await deploy(name);

  const first = calls(other, 'scaling-first');
  await leader.until('scaling-first', ({ replicas }) => replicas === 4);
  await first.end();
  t.false(await leads(other), 'who counted the calls is not who decided');

  const began = performance.now();
  await leader.kill();
  while (!(await leads(other))) await setTimeout(50);
  t.log(
    `killed; the other one decides after ${((performance.now() - began) / 1000).toFixed(1)} s, the lease is ${LEASE_S} s`,
  );
  const second = calls(other, 'scaling-second');
  await other.until('scaling-second', ({ replicas }) => replicas === 4);
  await second.end();
});

async function leads({ metricsUrl }: Platform): Promise<boolean> {
  return (await (await fetch(`${metricsUrl}/metrics`)).text()).includes('\ngateway_autoscaler_leader 1\n');
}

/** The one that decides first. */
async function roles(is: (count: number, wanted: number) => void): Promise<readonly [Platform, Platform]> {
  for (;;) {
    const leading = await Promise.all(gateways.map(leads));
    if (!leading.includes(true)) {
      await setTimeout(50);
      continue;
    }
    is(leading.filter(Boolean).length, 1);
    const leader = leading.indexOf(true);
    return [gateways[leader]!, gateways[1 - leader]!];
  }
}

async function deploy(service: string): Promise<void> {
  const answer = await gateways[0]!.api('/system/functions', {
    method: 'POST',
    body: { service, image: IMAGE, labels: LABELS },
  });
  if (!answer.ok) throw new Error(await answer.text());
}

/** Calls one after the other from eight clients; none finds a replica, and all are counted. Resolves once they ended. */
function calls(gateway: Platform, name: string): { end(): Promise<unknown> } {
  let ended = false;
  const client = async (): Promise<void> => {
    while (!ended) {
      await (await gateway.call(name)).arrayBuffer();
      await setTimeout(20);
    }
  };
  const clients = Promise.all(Array.from({ length: 8 }, client));
  return {
    end() {
      ended = true;
      return clients;
    },
  };
}
