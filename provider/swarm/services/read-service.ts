import type { ContainerSpec } from 'dockerode';
import { DEFAULT_NAMESPACE, type FunctionSpec, type Resources } from '../../provider.ts';
import { ANNOTATION, FUNCTION, IS_FUNCTION, NAMESPACE, OURS, SPEC, UID } from '../labels.ts';
import { type AnyService, DEFAULT_CONSTRAINT, type FunctionService } from './service.ts';
import { readStoredSpec } from './stored-spec.ts';

/** A service that is a function: labelled as one, and with a number of replicas of its own. */
export const isFunction = (service: AnyService): service is FunctionService =>
  service.Spec?.Labels?.[FUNCTION] !== undefined && service.Spec.Mode?.Replicated !== undefined;

/** The function that a service runs; of one that faas-swarm or a person made, what can be read of it. */
export function readService({ Spec }: FunctionService): FunctionSpec {
  const container = Spec.TaskTemplate.ContainerSpec ?? {};
  const stored = readStoredSpec(Spec.Labels[SPEC]);
  const shared = {
    name: Spec.Labels[FUNCTION]!,
    namespace: Spec.Labels[NAMESPACE] ?? DEFAULT_NAMESPACE,
    labels: userLabels(Spec.Labels),
    annotations: annotations(Spec.Labels),
  };
  if (stored === undefined) return { ...shared, ...readContainer(container, Spec) };
  const { pinned, image, ...rest } = stored;
  return { ...shared, ...rest, image: container.Image === pinned ? image : withoutDigest(container.Image ?? image) };
}

function readContainer(
  container: ContainerSpec,
  { TaskTemplate }: FunctionService['Spec'],
): Omit<FunctionSpec, 'name' | 'namespace' | 'labels' | 'annotations'> {
  const env = Object.fromEntries((container.Env ?? []).map(splitVariable));
  const { fprocess, ...envVars } = env;
  const constraints = TaskTemplate.Placement?.Constraints ?? [];
  const secrets = (container.Secrets ?? []).map(
    ({ File, SecretName }) => File?.Name?.split('/').at(-1) ?? SecretName ?? '',
  );
  const limits = readResources(TaskTemplate.Resources?.Limits);
  const requests = readResources(TaskTemplate.Resources?.Reservations);
  return {
    image: withoutDigest(container.Image ?? ''),
    ...(fprocess !== undefined && { envProcess: fprocess }),
    ...(Object.keys(envVars).length > 0 && { envVars }),
    ...(constraints.length > 0 && constraints.join() !== DEFAULT_CONSTRAINT && { constraints }),
    ...(secrets.length > 0 && { secrets }),
    ...(limits && { limits }),
    ...(requests && { requests }),
    ...(container.ReadOnly && { readOnlyRootFilesystem: true }),
  };
}

function readResources(
  given: { NanoCPUs?: number | undefined; MemoryBytes?: number | undefined } | undefined,
): Resources | undefined {
  const memory = given?.MemoryBytes ? String(given.MemoryBytes) : undefined;
  const cpu = given?.NanoCPUs ? `${Math.round(given.NanoCPUs / 1_000_000)}m` : undefined;
  if (memory === undefined && cpu === undefined) return undefined;
  return { ...(memory !== undefined && { memory }), ...(cpu !== undefined && { cpu }) };
}

function splitVariable(variable: string): [string, string] {
  const at = variable.indexOf('=');
  return at === -1 ? [variable, ''] : [variable.slice(0, at), variable.slice(at + 1)];
}

const userLabels = (labels: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(labels).filter(
      ([name]) =>
        ![FUNCTION, IS_FUNCTION, UID].includes(name) && !name.startsWith(ANNOTATION) && !name.startsWith(OURS),
    ),
  );

const annotations = (labels: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(labels)
      .filter(([name]) => name.startsWith(ANNOTATION))
      .map(([name, value]) => [name.slice(ANNOTATION.length), value]),
  );

/** `name:tag@sha256:...`, as `docker service create` pins it, is `name:tag`. */
const withoutDigest = (image: string): string => {
  const [name, digest] = image.split('@');
  return digest !== undefined && /:[^/]+$/.test(name!) ? name! : image;
};
