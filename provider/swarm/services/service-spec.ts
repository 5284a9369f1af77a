import type { ContainerSpec, SecretReference } from 'dockerode';
import { parseDuration } from '../../../common/duration.ts';
import { FaasError } from '../../../common/errors.ts';
import type { FunctionSpec } from '../../provider.ts';
import { type ReplicaLimits, readResources } from '../../quantities.ts';
import { swarmSettings } from '../annotations.ts';
import { ANNOTATION, FUNCTION, IS_FUNCTION, NAMESPACE, OURS, SPEC } from '../labels.ts';
import { DEFAULT_CONSTRAINT, type FunctionServiceSpec } from './service.ts';
import { serviceName } from './service-name.ts';
import { storeSpec } from './stored-spec.ts';

const NS_PER_MS = 1_000_000;
/** How long a replica goes on taking calls once it is told to stop: all gateways have heard of it by then. */
const LAME_DUCK = '2s';
/** The watchdog's own (watchdog/config.ts). */
const DEFAULT_WRITE_TIMEOUT = '30s';
const STOP_MARGIN_MS = 3000;
/** Swarm knows a fixed delay only: short enough to be back soon, long enough that a crash loop costs little. */
const RESTART_DELAY_MS = 2000;
/** A replica that fails so soon after it started counts against an update. */
const UPDATE_MONITOR_MS = 5000;
/** An image's health check may fail for so long before a replica counts as broken. */
const HEALTH_START_PERIOD_MS = 120_000;

/** What a spec needs of the Swarm. */
export interface ServiceParts {
  /** The image by its digest. */
  readonly image: string;
  readonly network: string;
  readonly secrets: readonly SecretReference[];
  readonly replicas: number;
}

/**
 * The service that runs a function.
 *
 * @throws FaasError `invalid_request` for what Swarm cannot do: field, rule, value
 */
export function serviceSpec(spec: FunctionSpec, parts: ServiceParts): FunctionServiceSpec {
  checkLabels(spec);
  checkConstraints(spec);
  const settings = swarmSettings(spec);
  const limits = readResources('limits', spec.limits);
  const requests = readResources('requests', spec.requests);
  return {
    Name: serviceName(spec),
    Labels: labelsOf(spec, parts.image),
    TaskTemplate: {
      ContainerSpec: containerSpec(spec, parts),
      Resources: { Limits: { ...resources(limits), Pids: settings.pids }, Reservations: resources(requests) },
      // No MaxAttempts: faas-swarm's five left functions dead for good.
      RestartPolicy: { Condition: 'any', Delay: RESTART_DELAY_MS * NS_PER_MS },
      Placement: {
        Constraints: [...(spec.constraints ?? [DEFAULT_CONSTRAINT])],
        Preferences: settings.spread.map((SpreadDescriptor) => ({ Spread: { SpreadDescriptor } })),
      },
      Networks: [{ Target: parts.network }],
    },
    Mode: { Replicated: { Replicas: parts.replicas } },
    UpdateConfig: {
      Parallelism: Math.max(1, Math.ceil(parts.replicas / 4)),
      Order: 'start-first',
      // The replicas of before go on serving, and the new ones are tried again; a rollback would change the spec.
      FailureAction: 'pause',
      Monitor: UPDATE_MONITOR_MS * NS_PER_MS,
      MaxFailureRatio: 0,
    },
    EndpointSpec: { Mode: 'dnsrr' },
  };
}

/** The environment of a function's container: the spec's, and what the watchdog needs to know. */
function environment(spec: FunctionSpec): Record<string, string> {
  return {
    healthcheck_interval: LAME_DUCK,
    OPENFAAS_NAME: spec.name,
    OPENFAAS_NAMESPACE: spec.namespace,
    ...(spec.envProcess !== undefined && { fprocess: spec.envProcess }),
    ...spec.envVars,
  };
}

function containerSpec(spec: FunctionSpec, { image, secrets }: ServiceParts): ContainerSpec {
  const { capabilityDrop, ulimits } = swarmSettings(spec);
  const env = environment(spec);
  return {
    Image: image,
    Labels: { [FUNCTION]: spec.name, [NAMESPACE]: spec.namespace },
    Env: Object.entries(env).map(([name, value]) => `${name}=${value}`),
    CapabilityDrop: [...capabilityDrop],
    Ulimits: [...ulimits],
    StopGracePeriod: stopGraceMs(env) * NS_PER_MS,
    // No test of our own: the image's is kept.
    HealthCheck: { StartPeriod: HEALTH_START_PERIOD_MS * NS_PER_MS },
    Secrets: [...secrets],
    ...(spec.readOnlyRootFilesystem && {
      ReadOnly: true,
      Mounts: [{ Type: 'tmpfs' as const, Target: '/tmp', Source: '', ReadOnly: false }],
    }),
  };
}

/** The watchdog takes calls for healthcheck_interval after SIGTERM, and lets those it has end within write_timeout. */
function stopGraceMs(env: Readonly<Record<string, string>>): number {
  const lameDuck = durationMs(env.healthcheck_interval, LAME_DUCK);
  return lameDuck + durationMs(env.write_timeout, DEFAULT_WRITE_TIMEOUT) + STOP_MARGIN_MS;
}

/** A value that is no duration is the watchdog's to refuse. */
function durationMs(given: string | undefined, fallback: string): number {
  try {
    return parseDuration(given || fallback);
  } catch {
    return parseDuration(fallback);
  }
}

function resources({ memoryBytes, cpuMillis }: ReplicaLimits): { MemoryBytes?: number; NanoCPUs?: number } {
  return {
    ...(memoryBytes !== undefined && { MemoryBytes: memoryBytes }),
    ...(cpuMillis !== undefined && { NanoCPUs: cpuMillis * 1_000_000 }),
  };
}

function labelsOf(spec: FunctionSpec, pinned: string): Record<string, string> {
  return {
    ...spec.labels,
    ...Object.fromEntries(Object.entries(spec.annotations).map(([name, value]) => [ANNOTATION + name, value])),
    [FUNCTION]: spec.name,
    [IS_FUNCTION]: 'true',
    [NAMESPACE]: spec.namespace,
    [SPEC]: storeSpec(spec, pinned),
  };
}

function checkLabels({ labels }: FunctionSpec): void {
  for (const name of Object.keys(labels)) {
    const reserved = [ANNOTATION, OURS, 'com.docker.'].find((prefix) => name.startsWith(prefix));
    if (reserved !== undefined || name === FUNCTION || name === IS_FUNCTION)
      throw new FaasError(
        'invalid_request',
        `labels: ${JSON.stringify(name)} is used by the provider itself${reserved ? `, as is all that begins with "${reserved}"` : ''}; choose another name`,
      );
  }
}

/** Swarm's own message names neither field nor value. */
function checkConstraints({ constraints = [] }: FunctionSpec): void {
  for (const [index, constraint] of constraints.entries())
    if (
      !/^(node\.(id|hostname|ip|role|platform\.(os|arch)|labels\.\S+)|engine\.labels\.\S+)\s*[!=]=\s*\S/.test(
        constraint,
      )
    )
      throw new FaasError(
        'invalid_request',
        `constraints[${index}] must be like "node.labels.zone == a" or "node.role != manager", got ${JSON.stringify(constraint)}`,
      );
}
