import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { ExecutionContext } from 'ava';
import type Docker from 'dockerode';
import type { FunctionStatus } from '../../../provider/provider.ts';
import { root } from '../../harness/platform.ts';
import type { LoadReport } from './load.ts';
import { copyImage, startNodes } from './nodes.ts';
import { CLIENTS, PROBE, type SwarmTest } from './suite.ts';
import { step, until } from './swarm-bench.ts';

/** A Swarm of several engines of its own, without the stack. */
export function nodeTests(inSwarm: SwarmTest): void {
  inSwarm('three nodes: replicas spread, one node is cut off, calls go on', async (t, { docker }) => {
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
      await untilReady(first, nodes.engines.length);
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
      (await first.listTasks({ filters: { service: ['three'], 'desired-state': ['running'] } })) as {
        NodeID: string;
      }[];
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
    await untilReady(first, nodes.engines.length);
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
}

/** The scheduler knows of so many nodes that they can take replicas. */
function untilReady(manager: Docker, count: number): Promise<true> {
  return until(async () => {
    const nodes = (await manager.listNodes()) as { Status: { State: string } }[];
    return nodes.filter(({ Status }) => Status.State === 'ready').length === count ? true : undefined;
  });
}

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
