import type Dockerode from 'dockerode';
import type { LogMessage, LogQuery } from '../../provider.ts';
import type { SwarmFunctions } from '../functions/swarm-functions.ts';
import type { Task } from '../functions/task.ts';
import type { TrackedFunction } from '../functions/tracked-function.ts';
import { LineQueue } from './line-queue.ts';
import type { LogLine } from './log-frames.ts';
import { readTaskLogs, streamTaskLogs } from './task-logs.ts';

/** A node that does not answer must not keep the other replicas' lines. */
const READ_MS = 5000;
const RETRY_MS = 1000;

interface Line extends LogLine {
  readonly task: string;
}

/** The lines of all replicas that the Swarm still knows, by time; with `follow` then those to come, as they come. */
export async function* functionLogs(
  docker: Dockerode,
  functions: SwarmFunctions,
  query: LogQuery,
  signal: AbortSignal,
): AsyncGenerator<LogMessage> {
  const tracked = functions.require(query);
  const message = ({ task, timestamp, text }: Line): LogMessage => {
    const { name, namespace } = tracked.ref;
    return { name, namespace, instance: task, timestamp, text };
  };
  const past = await readAll(docker, tasksOf(tracked, query), query, signal);
  for (const line of past) {
    yield message(line);
    if (signal.aborted) return;
  }
  if (query.follow)
    for await (const line of followAll(docker, functions, tracked, query, past, signal)) yield message(line);
}

async function readAll(
  docker: Dockerode,
  tasks: readonly Task[],
  query: LogQuery,
  signal: AbortSignal,
): Promise<Line[]> {
  const { tail, since } = query;
  if (tail === 0) return [];
  const until = AbortSignal.any([signal, AbortSignal.timeout(READ_MS)]);
  const each = tasks.map(async ({ ID }) => {
    const lines = await readTaskLogs(
      docker,
      ID,
      { ...(tail !== undefined && { tail }), ...(since && { since }) },
      until,
    ).catch(() => []);
    return lines.map((line) => ({ ...line, task: ID }));
  });
  const all = (await Promise.all(each)).flat().filter(({ timestamp }) => !since || new Date(timestamp) >= since);
  all.sort((a, b) => (a.timestamp < b.timestamp ? -1 : a.timestamp > b.timestamp ? 1 : 0));
  return tail === undefined ? all : all.slice(-tail);
}

async function* followAll(
  docker: Dockerode,
  functions: SwarmFunctions,
  tracked: TrackedFunction,
  query: LogQuery,
  past: readonly Line[],
  signal: AbortSignal,
): AsyncGenerator<Line> {
  const removed = new AbortController();
  const until = AbortSignal.any([signal, removed.signal]);
  const queue = new LineQueue<Line>(until);
  const followed = new Set<string>();
  const begun = new Date();
  const follow = async (task: string): Promise<void> => {
    let last = past.findLast((line) => line.task === task)?.timestamp ?? '';
    const known = last !== '' || query.tail === 0;
    while (!until.aborted) {
      const since = last !== '' ? new Date(last) : known ? begun : query.since;
      try {
        for await (const line of streamTaskLogs(docker, task, { follow: true, ...(since && { since }) }, until)) {
          if (line.timestamp <= last) continue;
          last = line.timestamp;
          queue.push({ ...line, task });
        }
      } catch {
        // Its node may be out of reach for a moment.
      }
      // Ended with its task; or the connection was lost while the task goes on.
      if (!functions.find(tracked.ref)?.isReady(task)) return;
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  };
  const look = (): void => {
    for (const { ID } of tasksOf(tracked, query)) {
      if (followed.has(ID)) continue;
      followed.add(ID);
      void follow(ID);
    }
  };
  const stop = functions.watch((ref) => {
    if (ref.name !== tracked.ref.name || ref.namespace !== tracked.ref.namespace) return;
    if (functions.find(ref) === tracked) look();
    else removed.abort();
  });
  // It may have been removed while its past was read.
  if (functions.find(tracked.ref) !== tracked) removed.abort();
  try {
    yield* queue;
  } finally {
    removed.abort();
    stop();
  }
}

/** Those that have, or had, a container. */
const tasksOf = ({ tasks }: TrackedFunction, { instance }: LogQuery): readonly Task[] =>
  tasks.filter(
    ({ ID, Status }) => Boolean(Status.ContainerStatus?.ContainerID) && (instance === undefined || instance === ID),
  );
