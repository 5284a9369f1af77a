import type Docker from 'dockerode';
import type { LoadFailure, LoadReport } from './load.ts';
import { CLIENTS, PROBE, type SwarmTest } from './suite.ts';
import { createInNetwork, step, until } from './swarm-bench.ts';

/** What callers see of updates, scaling, deaths and cold starts. */
export function loadTests(inSwarm: SwarmTest): void {
  inSwarm('under a steady load, only calls in flight on what is killed with kill -9 fail', async (t, suite) => {
    const { docker, stack } = suite;
    const spec = (version: string) => ({ service: 'steady', image: PROBE, envVars: { VERSION: version } });
    t.is((await stack.api('POST', '/system/functions', spec('1'))).status, 202);
    await suite.untilAvailable('steady', 1);
    const load = await createInNetwork(docker, stack.network, [
      ...['node', 'test/engines/swarm/load.ts', 'tasks.gateway', '8080', '/function/steady/echo', String(CLIENTS)],
    ]);
    t.teardown(() => load.remove({ force: true }));
    await load.start();
    const kills: Kill[] = [];
    const scale = (replicas: number) =>
      step(t, `scale to ${replicas}`, async () => {
        await stack.api('POST', '/system/scale-function/steady', { serviceName: 'steady', replicas });
        await suite.untilAvailable('steady', replicas);
      });
    await step(t, 'update', async () => {
      await stack.api('PUT', '/system/functions', spec('2'));
      await until(async () => ((await suite.describe('steady')).updatedReplicas === 1 ? true : undefined));
      await until(async () => ((await containersOf(docker, 'steady')).length === 1 ? true : undefined));
    });
    await scale(4);
    await scale(1);
    await until(async () => ((await containersOf(docker, 'steady')).length === 1 ? true : undefined));
    await scale(3);
    await step(t, 'two of three replicas killed with kill -9, back', async () => {
      for (const { Id } of (await containersOf(docker, 'steady')).slice(0, 2)) kills.push(await kill(docker, Id));
      await suite.untilAvailable('steady', 3);
    });
    await step(t, 'one of two gateways killed with kill -9, back', async () => {
      const [gateway] = await stack.gateways();
      const address = gateway!.NetworkSettings.Networks[stack.network]!.IPAMConfig as unknown as {
        IPv4Address: string;
      };
      kills.push({ ...(await kill(docker, gateway!.Id)), gateway: address.IPv4Address });
      await until(async () =>
        (await stack.gateways()).filter(({ Status }) => /\(healthy\)/.test(Status)).length === 2 ? true : undefined,
      );
    });
    await load.stop({ t: 30 });
    const logs = await load.logs({ stdout: true, stderr: true, follow: false });
    const report = JSON.parse(logs.toString('utf8', logs.indexOf('{'))) as LoadReport;
    const [excused, failed] = [
      report.failures.filter(wasInFlight),
      report.failures.filter((each) => !wasInFlight(each)),
    ];
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
          (killed.gateway === undefined
            ? /"code":"replica_(crashed|died)"|^cut/.test(what)
            : gateway === killed.gateway),
      );
    }
  });

  inSwarm('from zero, the first call is answered; all but the engine takes little of its time', async (t, suite) => {
    const { docker, stack } = suite;
    await stack.api('POST', '/system/functions', {
      service: 'zero',
      image: PROBE,
      labels: { 'com.openfaas.scale.min': '0' },
    });
    await until(async () => ((await suite.describe('zero')).name ? true : undefined));
    const events = (await docker.getEvents({
      filters: { type: ['service', 'container'] },
    })) as NodeJS.ReadableStream & {
      destroy(): void;
    };
    t.teardown(() => events.destroy());
    let told = '';
    events.setEncoding('utf8').on('data', (chunk) => (told += chunk));
    const begun = Date.now();
    const answer = await fetch(`${stack.url}/function/zero/echo`, { method: 'POST', body: 'first' });
    const ended = Date.now();
    t.is(await answer.text(), 'first');
    const when = (action: string): Promise<number> =>
      until(async () => {
        const lines = told.split('\n').slice(0, -1);
        const event = lines
          .map((line) => JSON.parse(line))
          .find(({ Action, Actor }) => Action === action && JSON.stringify(Actor).includes('zero'));
        return event && event.timeNano / 1e6;
      });
    const [asked, created, started] = [await when('update'), await when('create'), await when('start')];
    const [task] = (await docker.listTasks({ filters: { service: ['zero'] } })) as { ID: string }[];
    const listening = await readyAt(docker, task!.ID);
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
}

/** In milliseconds of Date.now(): when it was asked for, and when the engine had done it. */
interface Kill {
  readonly begun: number;
  readonly ended: number;
  readonly gateway?: string;
}

async function kill(docker: Docker, id: string): Promise<Kill> {
  const begun = Date.now();
  await docker.getContainer(id).kill({ signal: 'SIGKILL' });
  return { begun, ended: Date.now() };
}

const containersOf = (docker: Docker, service: string): Promise<readonly Docker.ContainerInfo[]> =>
  docker.listContainers({ filters: { label: [`com.docker.swarm.service.name=${service}`] } });

/** When its watchdog wrote the file that says so, in milliseconds of Date.now(). */
async function readyAt(docker: Docker, taskId: string): Promise<number> {
  const [container] = await docker.listContainers({ filters: { label: [`com.docker.swarm.task.id=${taskId}`] } });
  // The engine may not have read yet what the container wrote.
  return until(async () => {
    const logs = await docker.getContainer(container!.Id).logs({ stderr: true, timestamps: true, follow: false });
    const [, time] = /(\d{4}-\d\d-\d\dT[\d:.]+Z) .*Writing lock-file/.exec(logs.toString('utf8')) ?? [];
    return time === undefined ? undefined : Date.parse(time);
  });
}
