import { ERROR_STATUS, type FaasErrorCode } from '../../common/errors.ts';
import { LABEL_FUNCTION } from '../labels.ts';
import { DEFAULT_NAMESPACE, type FunctionStatus, type ReplicaFailure, type Resources } from '../provider.ts';
import { Fields, withoutEmpty } from './fields.ts';
import type { ScalingJson } from './scaling.ts';

/** GET `/system/function/{name}` and the elements of GET `/system/functions` (contract 1.5, FunctionStatus). */
export interface StatusJson {
  readonly name: string;
  readonly namespace: string;
  readonly image: string;
  readonly envProcess?: string;
  readonly envVars?: Readonly<Record<string, string>>;
  readonly constraints?: readonly string[];
  readonly secrets?: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly limits?: Resources;
  readonly requests?: Resources;
  readonly readOnlyRootFilesystem?: boolean;
  readonly invocationCount?: number;
  readonly replicas?: number;
  readonly availableReplicas?: number;
  /** Ours: ready replicas of the current spec. By it faas-cli knows when an update has taken effect. */
  readonly updatedReplicas?: number;
  /** RFC 3339. */
  readonly createdAt: string;
  readonly usage?: { readonly cpu?: number; readonly totalMemoryBytes?: number };
  /**
   * Ours: the last failure, of a replica until the next one is ready, of a call (`callId`) until the next deployment;
   * `at` says when. The function may be well again. Go's clients ignore it.
   */
  readonly failure?: FailureJson;
  /** Ours: what decides on the replicas, and what it last decided; only of a function that is asked for by name. */
  readonly scaling?: ScalingJson;
}

export interface FailureJson {
  readonly code: FaasErrorCode;
  readonly message: string;
  readonly replica?: string;
  readonly exitCode?: number;
  readonly signal?: string;
  readonly lastLogLines?: readonly string[];
  /** The call that showed it. */
  readonly callId?: string;
  /** RFC 3339. */
  readonly at: string;
}

/** A status with what only the gateway knows. */
export interface CountedStatus extends FunctionStatus {
  /** Calls that ended, since the gateway started. */
  readonly invocationCount: number;
}

/** A replica's failure, or one that a call met. */
export interface CallFailure extends ReplicaFailure {
  readonly callId?: string;
}

export function encodeStatus(status: FunctionStatus, invocationCount = 0, failure?: CallFailure): StatusJson {
  const { name, namespace, image, labels, annotations, createdAt, usage } = status;
  const shownFailure = failure ?? status.failure;
  return {
    name,
    namespace,
    image,
    ...withoutEmpty({
      envProcess: status.envProcess,
      envVars: status.envVars,
      constraints: status.constraints,
      secrets: status.secrets,
    }),
    labels: { ...labels, [LABEL_FUNCTION]: name },
    annotations,
    ...withoutEmpty({
      limits: status.limits,
      requests: status.requests,
      readOnlyRootFilesystem: status.readOnlyRootFilesystem,
      invocationCount,
      replicas: status.replicas,
      availableReplicas: status.availableReplicas,
    }),
    ...(status.updatedReplicas !== undefined && { updatedReplicas: status.updatedReplicas }),
    createdAt: createdAt.toISOString(),
    ...(usage && { usage: withoutEmpty(usage) }),
    ...(shownFailure && { failure: encodeFailure(shownFailure) }),
  };
}

function encodeFailure(failure: CallFailure): FailureJson {
  const { code, message, at, exitCode } = failure;
  return {
    code,
    message,
    ...withoutEmpty({ replica: failure.replica, signal: failure.signal, lastLogLines: failure.lastLogLines }),
    ...(exitCode !== undefined && { exitCode }),
    ...(failure.callId && { callId: failure.callId }),
    at: at.toISOString(),
  };
}

/**
 * Reads a status from any OpenFaaS gateway; what one leaves out becomes its zero value.
 *
 * @throws FaasError `invalid_request` that names the path of a wrong value
 */
export function parseStatus(json: unknown): CountedStatus {
  const fields = new Fields(json);
  const usage = fields.object('usage');
  const failure = fields.object('failure');
  const updatedReplicas = fields.count('updatedReplicas');
  return {
    name: fields.required('name'),
    namespace: fields.text('namespace') || DEFAULT_NAMESPACE,
    image: fields.text('image') ?? '',
    labels: fields.record('labels') ?? {},
    annotations: fields.record('annotations') ?? {},
    replicas: fields.count('replicas') ?? 0,
    availableReplicas: fields.count('availableReplicas') ?? 0,
    ...(updatedReplicas !== undefined && { updatedReplicas }),
    createdAt: new Date(fields.text('createdAt') ?? '0001-01-01T00:00:00Z'),
    invocationCount: fields.number('invocationCount') ?? 0,
    ...withoutEmpty({
      envProcess: fields.text('envProcess'),
      envVars: fields.record('envVars'),
      constraints: fields.texts('constraints'),
      secrets: fields.texts('secrets'),
      limits: fields.record('limits') as Resources | undefined,
      requests: fields.record('requests') as Resources | undefined,
      readOnlyRootFilesystem: fields.flag('readOnlyRootFilesystem'),
    }),
    ...(usage && {
      usage: { cpu: usage.number('cpu') ?? 0, totalMemoryBytes: usage.number('totalMemoryBytes') ?? 0 },
    }),
    ...(failure && { failure: parseFailure(failure) }),
  };
}

function parseFailure(fields: Fields): CallFailure {
  const code = fields.text('code') ?? '';
  const exitCode = fields.number('exitCode');
  return {
    code: code in ERROR_STATUS ? (code as FaasErrorCode) : 'function_failed',
    message: fields.text('message') ?? '',
    lastLogLines: fields.texts('lastLogLines') ?? [],
    at: new Date(fields.text('at') ?? 0),
    ...withoutEmpty({
      replica: fields.text('replica'),
      signal: fields.text('signal'),
      callId: fields.text('callId'),
    }),
    ...(exitCode !== undefined && { exitCode }),
  };
}
