import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type Docker from 'dockerode';
import { cleanUp } from '../../../provider/swarm/testing/clean-up.ts';
import { root, run } from '../../harness/platform.ts';
import { buildImage, createInNetwork, until } from './swarm-bench.ts';

/** Names of the upstream images that no registry here has, and the Debian packages that stand in for them. */
const STAND_INS = {
  prometheus: 'prometheus',
  alertmanager: 'prometheus-alertmanager',
  nats: 'nats-server',
} as const;
const BASE = `FROM debian:bookworm-slim
RUN echo 'Acquire::Retries "3";' >/etc/apt/apt.conf.d/retries \\
    && apt-get update -qq \\
    && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends ${Object.values(STAND_INS).join(' ')} wget >/dev/null \\
    && mkdir -p /prometheus /alertmanager /data
`;

/** The stack of deploy/swarm, brought up by its own script. Dispose of it and nothing of it is left. */
export interface Stack extends AsyncDisposable {
  readonly name: string;
  readonly network: string;
  readonly url: string;
  readonly password: string;
  /** What the script printed. */
  readonly printed: string;
  /** `/system/...` with the credentials. */
  api(method: string, path: string, body?: unknown): Promise<{ readonly status: number; readonly text: string }>;
  /** Containers of the stack's gateways. */
  gateways(): Promise<readonly Docker.ContainerInfo[]>;
}

export async function startStack(docker: Docker, name: string, gateways: number): Promise<Stack> {
  for (const [tool, binary] of Object.entries(STAND_INS))
    await buildImage(imageOf(tool), `${BASE}ENTRYPOINT ["${binary}"]\n`);
  const env = {
    DUNLIN_STACK: name,
    DUNLIN_GATEWAYS: String(gateways),
    DUNLIN_PORT: '18080',
    DUNLIN_GATEWAY_IMAGE: 'dunlin/gateway:latest',
    DUNLIN_PROMETHEUS_IMAGE: imageOf('prometheus'),
    DUNLIN_ALERTMANAGER_IMAGE: imageOf('alertmanager'),
    DUNLIN_NATS_IMAGE: imageOf('nats'),
  };
  const network = `${name}_functions`;
  let door: Docker.Container | undefined;
  const remove = async (): Promise<void> => {
    await door?.remove({ force: true });
    await cleanUp();
    await run(['docker', 'stack', 'rm', name]);
    await run(['docker', 'secret', 'rm', 'basic-auth-user', 'basic-auth-password']);
    await until(async () => ((await leftOf(docker, name)) === 0 ? true : undefined));
    // In use until the last container that had it is gone.
    for (const { Name } of (await docker.listVolumes()).Volumes)
      if (Name.startsWith(`${name}_`)) await until(() => docker.getVolume(Name).remove({ force: true }).then(yes, no));
  };
  try {
    const up = await run(['sh', join(root, 'deploy/swarm/up')], { env });
    const password = /password (\w+)/.exec(up.stdout)?.[1];
    if (up.code !== 0 || password === undefined)
      throw new Error(`deploy/swarm/up: ${up.code}\n${up.stdout}${up.stderr}`);
    await until(async () => ((await isComplete(docker, name)) ? true : undefined));
    door = await createInNetwork(docker, network, ['node', 'test/engines/swarm/door.ts', 'tasks.gateway', '8080'], {
      publish: '0',
    });
    await door.start();
    const { NetworkSettings } = await door.inspect();
    const url = `http://127.0.0.1:${NetworkSettings.Ports['8080/tcp']![0]!.HostPort}`;
    const authorization = `Basic ${Buffer.from(`admin:${password}`).toString('base64')}`;
    const api: Stack['api'] = async (method, path, body) => {
      const answer = await fetch(url + path, {
        method,
        headers: { authorization },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      return { status: answer.status, text: await answer.text() };
    };
    await until(() => fetch(`${url}/healthz`).catch(() => undefined));
    return {
      name,
      network,
      url,
      password,
      printed: up.stdout,
      api,
      gateways: () => docker.listContainers({ filters: { label: [`com.docker.swarm.service.name=${name}_gateway`] } }),
      [Symbol.asyncDispose]: remove,
    };
  } catch (error) {
    await remove();
    throw error;
  }
}

const imageOf = (tool: string): string => `dunlin-test/${tool}:latest`;

/** Every service has as many tasks running, and so healthy, as it wants. */
async function isComplete(docker: Docker, stack: string): Promise<boolean> {
  const services = await docker.listServices({
    filters: { label: [`com.docker.stack.namespace=${stack}`] },
    status: true,
  });
  return services.every(({ ServiceStatus }) => ServiceStatus!.RunningTasks === ServiceStatus!.DesiredTasks);
}

async function leftOf(docker: Docker, stack: string): Promise<number> {
  const filters = { label: [`com.docker.stack.namespace=${stack}`] };
  const [services, networks, containers] = await Promise.all([
    docker.listServices({ filters }),
    docker.listNetworks({ filters }),
    docker.listContainers({ filters }),
  ]);
  // A network that functions were still on is left by `docker stack rm`.
  for (const { Id } of services.length + containers.length === 0 ? networks : [])
    await docker
      .getNetwork(Id)
      .remove()
      .catch(() => undefined);
  return services.length + networks.length + containers.length;
}

/** The function of the conformance suite, as an image. */
export async function buildProbe(tag: string): Promise<void> {
  const server = await readFile(join(root, 'provider/conformance/probe/server.mjs'), 'utf8');
  await buildImage(
    tag,
    `FROM dunlin/watchdog:latest AS watchdog
FROM node:26-bookworm-slim
COPY --from=watchdog /fwatchdog /usr/bin/fwatchdog
COPY server.mjs /home/app/server.mjs
WORKDIR /home/app
ENV mode=http fprocess="node server.mjs" upstream_url=http://127.0.0.1:3000
USER 1000
HEALTHCHECK --interval=500ms CMD ["fwatchdog", "-run-healthcheck"]
CMD ["fwatchdog"]
`,
    { 'server.mjs': server },
  );
}

const yes = (): true => true;
const no = (): undefined => undefined;
