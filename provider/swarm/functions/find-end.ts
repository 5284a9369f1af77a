import type Dockerode from 'dockerode';
import { LAST_LINES, lastLogLines } from '../../last-log-lines.ts';
import type { ReplicaFailure } from '../../provider.ts';
import { LogFrames, type LogLine } from '../logs/log-frames.ts';
import { readTaskLogs } from '../logs/task-logs.ts';
import { failureOf } from './failure.ts';
import type { Task } from './task.ts';

/** The log of a node that does not answer is not worth more. */
const LOG_MS = 3000;

/** Finds out why a replica ended. Never throws. */
export type FindEnd = (task: Task, wasReady: boolean) => Promise<ReplicaFailure>;

/** By the task itself, and by its container where that is on this machine, else by the log that its node has. */
export const findEndWith =
  (docker: Dockerode): FindEnd =>
  async (task, wasReady) => {
    const id = task.Status.ContainerStatus?.ContainerID;
    if (!id) return failureOf(task, { wasReady, lastLogLines: [], outOfMemory: false });
    const container = docker.getContainer(id);
    const here = await container.inspect().catch(() => undefined);
    const lines = here
      ? lastLinesHere(container)
      : readTaskLogs(docker, task.ID, { tail: LAST_LINES }, AbortSignal.timeout(LOG_MS));
    const said = lastLogLines((await lines.catch(() => [])).map(({ text }) => text));
    return failureOf(task, { wasReady, lastLogLines: said, outOfMemory: here?.State.OOMKilled === true });
  };

async function lastLinesHere(container: Dockerode.Container): Promise<LogLine[]> {
  const logs = await container.logs({ follow: false, stdout: true, stderr: true, timestamps: true, tail: LAST_LINES });
  return new LogFrames().push(logs);
}
