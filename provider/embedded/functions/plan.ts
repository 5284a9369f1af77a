/** A replica that runs and was not told to stop. */
export interface PlannedReplica {
  readonly id: string;
  /** Whether it is of the revision that is wanted now. */
  readonly current: boolean;
  readonly ready: boolean;
  /** Grows with each start. */
  readonly order: number;
}

export interface Plan {
  readonly start: number;
  readonly stop: readonly string[];
}

/**
 * What to start and stop to come closer to `desired` replicas of the current revision. Called again after each change.
 *
 * Rolling: an old replica leaves for each new one that is ready, so `desired` always serve; meanwhile a quarter more
 * run (at least one), as in Kubernetes. A replica that is not ready leaves before one that is, a young before an old.
 *
 * @param startsAtOnce the most that are not ready yet; the next follow as these are
 */
export function planReplicas(
  desired: number,
  replicas: readonly PlannedReplica[],
  startsAtOnce = Number.POSITIVE_INFINITY,
): Plan {
  const current = replicas.filter((replica) => replica.current);
  const old = replicas.filter((replica) => !replica.current);
  const readyCurrent = current.filter(({ ready }) => ready).length;
  const oldServing = old.filter(({ ready }) => ready);
  const keepOld = Math.max(0, desired - readyCurrent);
  const stop = [
    ...leaving(current, current.length - desired),
    // One that is not ready serves nobody, and never will be wanted.
    ...old.filter(({ ready }) => !ready),
    ...leaving(oldServing, oldServing.length - keepOld),
  ];
  const staying = replicas.length - stop.length;
  const room = oldServing.length > 0 ? desired + Math.max(1, Math.ceil(desired / 4)) - staying : desired;
  const starting = current.length - readyCurrent;
  const start = Math.max(0, Math.min(desired - current.length, room, startsAtOnce - starting));
  return { start, stop: stop.map(({ id }) => id) };
}

function leaving(replicas: readonly PlannedReplica[], count: number): readonly PlannedReplica[] {
  if (count <= 0) return [];
  return replicas.toSorted((a, b) => Number(a.ready) - Number(b.ready) || b.order - a.order).slice(0, count);
}
