import type Dockerode from 'dockerode';
import { LogFrames, type LogLine } from './log-frames.ts';

export interface TaskLogQuery {
  /** The last so many; absent is all. */
  readonly tail?: number;
  readonly since?: Date;
}

/** The lines that a task has written so far, wherever it runs. @throws Error of the engine, or the signal's reason */
export async function readTaskLogs(
  docker: Dockerode,
  taskId: string,
  query: TaskLogQuery,
  signal: AbortSignal,
): Promise<LogLine[]> {
  const lines: LogLine[] = [];
  for await (const line of streamTaskLogs(docker, taskId, { ...query, follow: false }, signal)) lines.push(line);
  return lines;
}

/** The same as they come, and with `follow` those to come, until the task has ended or the signal aborts. */
export async function* streamTaskLogs(
  docker: Dockerode,
  taskId: string,
  { tail, since, follow }: TaskLogQuery & { readonly follow: boolean },
  signal: AbortSignal,
): AsyncGenerator<LogLine> {
  const frames = new LogFrames();
  const stream = await openTaskLogs(docker, {
    path: `/tasks/${taskId}/logs?`,
    method: 'GET',
    // Also without follow: it comes as it is read.
    isStream: true,
    abortSignal: signal,
    statusCodes: { 200: true, 404: 'no such task', 500: 'server error', 503: 'node is not part of a swarm' },
    options: {
      stdout: true,
      stderr: true,
      timestamps: true,
      follow,
      ...(tail !== undefined && { tail: String(tail) }),
      ...(since && { since: (since.getTime() / 1000).toFixed(3) }),
    },
  });
  for await (const chunk of stream) yield* frames.push(chunk as Buffer);
}

/** dockerode's types do not know the logs of a task, so its transport is used. */
function openTaskLogs(docker: Dockerode, request: Record<string, unknown>): Promise<NodeJS.ReadableStream> {
  const { promise, resolve, reject } = Promise.withResolvers<NodeJS.ReadableStream>();
  const modem = docker.modem as {
    dial(request: unknown, done: (error: Error | null, stream: NodeJS.ReadableStream) => void): void;
  };
  modem.dial(request, (error, stream) => (error ? reject(error) : resolve(stream)));
  return promise;
}
