import type { ReplicaFailure } from '../../provider.ts';
import type { FunctionService } from '../services/service.ts';
import { pendingFailure } from './failure.ts';
import { endedAt, hasFailed, isCurrent, isWanted, type Task } from './task.ts';

/** Replicas that ended in a row, after one had served, until the next is no longer expected to serve. */
const PROMISING_FAILURES = 3;

/**
 * Why the current revision is not ready: no node can take a replica of it, or its latest failure.
 *
 * @param failures what is known of the ends of tasks, by their ids
 * @param lastReadyAt when a replica of it last got ready, which outdates failures before
 */
export function currentFailure(
  tasks: readonly Task[],
  service: FunctionService,
  failures: ReadonlyMap<string, ReplicaFailure>,
  lastReadyAt: Date | undefined,
): ReplicaFailure | undefined {
  for (const task of tasks) {
    const failure = isWanted(task) && isCurrent(task, service) ? pendingFailure(task) : undefined;
    if (failure) return failure;
  }
  const known = tasks.filter(({ ID }) => failures.has(ID));
  const failed = latest(known.filter((task) => isCurrent(task, service)));
  if (failed === undefined || (lastReadyAt && endedAt(failed) < lastReadyAt)) return undefined;
  return failures.get(failed.ID);
}

/** A replica of the current revision served, and few have failed since: the next one is likely to serve. */
export function isRecovering(tasks: readonly Task[], service: FunctionService, lastReadyAt: Date | undefined): boolean {
  if (lastReadyAt === undefined) return false;
  const failed = failedOf(tasks, service).filter((task) => endedAt(task) >= lastReadyAt);
  return failed.length <= PROMISING_FAILURES;
}

export const latestFailed = (tasks: readonly Task[], service: FunctionService): Task | undefined =>
  latest(failedOf(tasks, service));

const failedOf = (tasks: readonly Task[], service: FunctionService): Task[] =>
  tasks.filter((task) => hasFailed(task) && isCurrent(task, service));

const latest = (tasks: readonly Task[]): Task | undefined =>
  tasks.toSorted((a, b) => endedAt(b).getTime() - endedAt(a).getTime())[0];
