import type { ReplicaFailure } from '../../provider.ts';
import type { Task } from './task.ts';

/** What is known of a replica's end beside its task. */
export interface Remains {
  readonly wasReady: boolean;
  readonly outOfMemory: boolean;
  readonly lastLogLines: readonly string[];
}

/** The exit code of a process that SIGKILL ended. */
const KILLED = 137;

/** Why a replica ended by itself. */
export function failureOf(task: Task, remains: Remains): ReplicaFailure {
  const { Err = '', State } = task.Status;
  const exitCode = exitCodeOf(task);
  const ended = {
    replica: task.ID,
    ...(exitCode !== undefined && { exitCode }),
    lastLogLines: remains.lastLogLines,
    at: new Date(task.Status.Timestamp),
  };
  const image = task.Spec.ContainerSpec?.Image ?? '';
  if (State === 'rejected' || /no such image/i.test(Err))
    return { ...ended, code: 'bundle_not_found', message: rejectedMessage(task.ID, image, Err) };
  if (remains.outOfMemory)
    return {
      ...ended,
      code: 'replica_out_of_memory',
      message: `Replica ${task.ID} used more than its memory limit of ${memoryLimit(task)} and was ended; raise limits.memory or make the function use less`,
    };
  const when = remains.wasReady ? '' : ' before it was ready';
  if (exitCode === undefined)
    return { ...ended, code: 'replica_crashed', message: `Replica ${task.ID} cannot be started: ${Err || State}` };
  if (/unhealthy/.test(Err))
    return {
      ...ended,
      code: 'replica_crashed',
      message: `Replica ${task.ID} was ended because its image's health check failed; its log may say why`,
    };
  const how = exitCode === KILLED ? 'by SIGKILL (exit code 137)' : `with exit code ${exitCode}`;
  return { ...ended, code: 'replica_crashed', message: `Replica ${task.ID} ended${when} ${how}; its log says why` };
}

/** Why a replica is not even started: no node can take it. Undefined while the Swarm has not said so. */
export function pendingFailure(task: Task): ReplicaFailure | undefined {
  const { Err, State, Timestamp } = task.Status;
  if (State !== 'pending' || !Err) return undefined;
  return {
    code: 'no_replica',
    message: `No node can run replica ${task.ID}: ${Err}; change constraints, requests or limits, or add a node that fits`,
    replica: task.ID,
    lastLogLines: [],
    at: new Date(Timestamp),
  };
}

function rejectedMessage(replica: string, image: string, reason: string): string {
  if (/no such image/i.test(reason))
    return `The node of replica ${replica} cannot get the image ${image}: ${reason}; push it to a registry that every node can reach, and give the gateway its credentials (dunlin_registry_config)`;
  return `The node refused replica ${replica}: ${reason}`;
}

/** -1 and 0 stand for "none yet" until the task has ended. */
function exitCodeOf({ Status }: Task): number | undefined {
  const told = /non-zero exit \((\d+)\)/.exec(Status.Err ?? '')?.[1];
  if (told !== undefined) return Number(told);
  if (Status.State === 'complete') return 0;
  const { ExitCode } = Status.ContainerStatus ?? {};
  return ExitCode !== undefined && ExitCode > 0 ? ExitCode : undefined;
}

const memoryLimit = ({ Spec }: Task): string => {
  const bytes = Spec.Resources?.Limits?.MemoryBytes;
  return bytes ? `${Math.round(bytes / 1024 ** 2)}Mi` : 'the node';
};
