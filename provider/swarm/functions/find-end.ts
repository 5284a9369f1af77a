import type Dockerode from 'dockerode';
import type { ReplicaFailure } from '../../provider.ts';
import { readTaskLogs } from '../logs/task-logs.ts';
import { failureOf } from './failure.ts';
import type { Task } from './task.ts';

/** ReplicaFailure.lastLogLines has at most so many. */
const LINES = 20;
const LINE_CHARS = 2000;
/** The log of a node that does not answer is not worth more. */
const LOG_MS = 3000;

/** Finds out why a replica ended. Never throws. */
export type FindEnd = (task: Task, wasReady: boolean) => Promise<ReplicaFailure>;

/** By the task itself, the end of its log wherever it ran, and its container where that is on this machine. */
export const findEndWith =
  (docker: Dockerode): FindEnd =>
  async (task, wasReady) => {
    const [lastLogLines, container] = await Promise.all([lastLines(docker, task), inspectHere(docker, task)]);
    return failureOf(task, { wasReady, lastLogLines, outOfMemory: container?.State.OOMKilled === true });
  };

async function lastLines(docker: Dockerode, task: Task): Promise<string[]> {
  if (!task.Status.ContainerStatus?.ContainerID) return [];
  try {
    const lines = await readTaskLogs(docker, task.ID, { tail: LINES }, AbortSignal.timeout(LOG_MS));
    return lines.map(({ text }) => (text.length > LINE_CHARS ? `${text.slice(0, LINE_CHARS)}...` : text));
  } catch {
    return [];
  }
}

async function inspectHere(docker: Dockerode, { Status }: Task) {
  const id = Status.ContainerStatus?.ContainerID;
  if (!id) return undefined;
  return docker
    .getContainer(id)
    .inspect()
    .catch(() => undefined);
}
