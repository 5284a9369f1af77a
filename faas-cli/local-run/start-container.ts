import { join } from 'node:path';
import type { Container, ContainerCreateOptions } from 'dockerode';
import { FaasError } from '../../common/errors.ts';
import { DEFAULT_NAMESPACE } from '../../provider/provider.ts';
import { readResources } from '../../provider/quantities.ts';
import type { Context } from '../context.ts';
import { type Engine, openEngine } from '../images/engine.ts';
import { engineFailure, messageOf } from '../images/failures.ts';
import type { StackFunction } from '../stack/stack.ts';
import {
  type LocalFunction,
  type LocalFunctionOptions,
  notBuilt,
  ranOut,
  runningLine,
  shellWord,
} from './local-function.ts';

/** Where a watchdog in an image listens. */
const PORT = '8080/tcp';
const SECRETS = '/var/openfaas/secrets';
/** Longer than any call should need to end. */
const STOP_S = 30;

type Place = Pick<Context, 'cwd' | 'env' | 'machine' | 'signal' | 'stdout' | 'stderr'>;
interface ContainerOptions extends LocalFunctionOptions {
  readonly image: string;
  readonly network: string | undefined;
}

/**
 * Starts a function's image in the Docker Engine, as `docker run --name FUNCTION --rm` would (contract 5.6); undefined
 * when the command was only to be printed.
 *
 * @param variables the function's own, all merged
 */
export async function startContainer(
  fn: StackFunction,
  variables: Readonly<Record<string, string>>,
  options: ContainerOptions,
  place: Place,
): Promise<LocalFunction | undefined> {
  const wanted = containerOf(fn, variables, options, join(place.cwd, '.secrets'));
  if (options.print) {
    place.stdout.write(`${dockerCommand(wanted)}\n`);
    return undefined;
  }
  const engine = await openEngine(place);
  const container = await create(engine, fn.name, wanted);
  try {
    return await start(container, fn.name, engine, place);
  } catch (error) {
    await container.remove({ force: true, v: true });
    place.signal.throwIfAborted();
    throw new FaasError('replica_crashed', `function ${fn.name} does not start: ${messageOf(error)}`, { cause: error });
  }
}

function containerOf(
  fn: StackFunction,
  variables: Readonly<Record<string, string>>,
  { image, port, network }: ContainerOptions,
  secretsFolder: string,
): ContainerCreateOptions {
  const { memoryBytes, cpuMillis } = readResources(`functions.${fn.name}.limits`, fn.limits);
  const env = {
    ...(fn.fprocess && { fprocess: fn.fprocess }),
    // Nobody routes calls here: it can end at once.
    healthcheck_interval: '0s',
    OPENFAAS_NAME: fn.name,
    OPENFAAS_NAMESPACE: fn.namespace ?? DEFAULT_NAMESPACE,
    jwt_auth_local: 'true',
    ...variables,
  };
  return {
    name: fn.name,
    Image: image,
    Env: Object.entries(env).map(([key, value]) => `${key}=${value}`),
    ExposedPorts: { [PORT]: {} },
    HostConfig: {
      PortBindings: { [PORT]: [{ HostIp: '127.0.0.1', HostPort: port === 0 ? '' : String(port) }] },
      ReadonlyRootfs: fn.readonlyRootFilesystem,
      ...(fn.readonlyRootFilesystem && { Tmpfs: { '/tmp': '' } }),
      ...(fn.secrets.length > 0 && { Binds: [`${secretsFolder}:${SECRETS}:ro`] }),
      ...(memoryBytes !== undefined && { Memory: memoryBytes }),
      ...(cpuMillis !== undefined && { NanoCpus: cpuMillis * 1_000_000 }),
      ...(network !== undefined && { NetworkMode: network }),
    },
  };
}

function dockerCommand({ name, Image, Env, HostConfig }: ContainerCreateOptions): string {
  const { PortBindings, ReadonlyRootfs, Binds, Memory, NanoCpus, NetworkMode } = HostConfig!;
  const [{ HostIp, HostPort }] = (PortBindings as Record<string, [{ HostIp: string; HostPort: string }]>)[PORT]!;
  return [
    ...['docker', 'run', '--rm', '--name', name!, '-p', `${HostIp}:${HostPort}:8080`],
    ...Env!.flatMap((variable) => ['-e', shellWord(variable)]),
    ...(ReadonlyRootfs ? ['--read-only', '--tmpfs', '/tmp'] : []),
    ...(Binds ?? []).flatMap((bind) => ['-v', shellWord(bind)]),
    ...(Memory ? ['--memory', String(Memory)] : []),
    ...(NanoCpus ? ['--cpus', String(NanoCpus / 1e9)] : []),
    ...(NetworkMode ? ['--network', shellWord(NetworkMode)] : []),
    Image!,
  ].join(' ');
}

async function create({ docker, address }: Engine, name: string, wanted: ContainerCreateOptions): Promise<Container> {
  try {
    return await docker.createContainer(wanted);
  } catch (error) {
    const { statusCode } = error as { statusCode?: number };
    if (statusCode === 404) throw notBuilt(name, error);
    if (statusCode === 409)
      throw new FaasError(
        'invalid_request',
        `the Docker Engine has a container "${name}" already; remove it with: docker rm -f ${name}`,
        { cause: error },
      );
    throw engineFailure(error, address);
  }
}

async function start(
  container: Container,
  name: string,
  { docker }: Engine,
  { stdout, stderr }: Place,
): Promise<LocalFunction> {
  const output = await container.attach({ stream: true, stdout: true, stderr: true });
  docker.modem.demuxStream(output, stdout, stderr);
  await container.start();
  const exited = container.wait() as Promise<{ StatusCode: number }>;
  const { NetworkSettings } = await container.inspect();
  stdout.write(runningLine(name, NetworkSettings.Ports[PORT]?.[0]?.HostPort ?? 8080));
  let closed: Promise<void> | undefined;
  const close = async () => {
    // It may have ended by itself.
    await container.stop({ t: STOP_S }).catch(() => undefined);
    await exited.catch(() => undefined);
    await container.remove({ force: true, v: true });
  };
  return {
    ended: exited.then(({ StatusCode }) =>
      closed ? new Promise<never>(() => {}) : Promise.reject(ranOut(name, `exit code ${StatusCode}`)),
    ),
    close: () => (closed ??= close()),
  };
}
