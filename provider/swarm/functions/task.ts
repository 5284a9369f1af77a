import type { ContainerTaskSpec } from 'dockerode';
import type { FunctionService } from '../services/service.ts';

/** A task as the engine's API 1.41 tells it; dockerode has no type for it. */
export interface Task {
  readonly ID: string;
  readonly CreatedAt: string;
  readonly ServiceID: string;
  readonly NodeID?: string;
  readonly Spec: ContainerTaskSpec;
  readonly DesiredState: TaskState;
  readonly Status: {
    readonly Timestamp: string;
    readonly State: TaskState;
    readonly Message?: string;
    readonly Err?: string;
    readonly ContainerStatus?: { readonly ContainerID?: string; readonly ExitCode?: number };
  };
  readonly NetworksAttachments?: readonly {
    readonly Network: { readonly ID: string; readonly Spec: { readonly Name: string } };
    readonly Addresses?: readonly string[];
  }[];
}

/** In the order that a task goes through them; the last five are ends. */
export type TaskState =
  | 'new'
  | 'allocated'
  | 'pending'
  | 'assigned'
  | 'accepted'
  | 'preparing'
  | 'ready'
  | 'starting'
  | 'running'
  | 'complete'
  | 'shutdown'
  | 'failed'
  | 'rejected'
  | 'remove'
  | 'orphaned';

const ENDS: readonly TaskState[] = ['complete', 'shutdown', 'failed', 'rejected', 'remove', 'orphaned'];

export const hasEnded = ({ Status }: Task): boolean => ENDS.includes(Status.State);
/** It ended though nobody had asked for that. */
export const hasFailed = ({ Status }: Task): boolean => ['failed', 'rejected', 'complete'].includes(Status.State);
/** The Swarm wants it to run, now or after the delay of a restart. */
export const isWanted = (task: Task): boolean => task.DesiredState === 'running' && !hasEnded(task);
/**
 * Its container may have been started. To ask sooner is worse than later: an address that nobody has yet is asked for
 * again after a second only (the kernel's retrans_time_ms).
 *
 * @param isHere whether the engine here tells of its start
 */
export const mayAnswer = (task: Task, isHere: boolean): boolean =>
  isWanted(task) && (task.Status.State === 'running' || (task.Status.State === 'starting' && !isHere));

/**
 * Whether the service wants its tasks to be as this one is: each comes from the same engine, so the texts are equal.
 */
export const isCurrent = (task: Task, { Spec }: FunctionService): boolean =>
  comparable(task.Spec) === comparable(Spec.TaskTemplate);

/** Only services are told with their runtime. */
const comparable = (spec: ContainerTaskSpec): string => JSON.stringify({ ...spec, Runtime: undefined });

/** Its address on the functions' network; on another one for a service that faas-swarm put there. */
export function hostOf({ NetworksAttachments = [] }: Task, networkId: string): string | undefined {
  const attachment =
    NetworksAttachments.find(({ Network }) => Network.ID === networkId) ??
    NetworksAttachments.find(({ Network }) => Network.Spec.Name !== 'ingress');
  return attachment?.Addresses?.[0]?.split('/')[0];
}

export const endedAt = ({ Status }: Task): Date => new Date(Status.Timestamp);
