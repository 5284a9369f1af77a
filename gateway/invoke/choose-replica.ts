import type { Replica, Target } from './function-entry.ts';

/**
 * The replica for the next call: of two picked at random the one with fewer calls in flight, which comes close to
 * the least loaded of all at the cost of two looks. Quarantined ones and `avoid`, which just failed, are only taken
 * when there is no other; `avoid` never, nor one that has `maxInFlight` calls already.
 *
 * @param random from 0 up to but not including 1
 * @param now the time that {@link Replica.quarantinedUntil} is measured by
 */
export function chooseReplica(
  targets: readonly Target[],
  maxInFlight: number,
  avoid: Replica | undefined,
  random: () => number,
  now: () => number,
): Replica | undefined {
  const target = chooseTarget(targets, random);
  if (target === undefined) return undefined;
  const { replicas } = target;
  if (replicas.length === 1) {
    const only = replicas[0]!;
    return only === avoid || only.inFlight >= maxInFlight ? undefined : only;
  }
  const first = Math.floor(random() * replicas.length);
  // Another one: an offset of 1 to length - 1.
  const second = (first + 1 + Math.floor(random() * (replicas.length - 1))) % replicas.length;
  const [a, b] = [replicas[first]!, replicas[second]!];
  const better = b.inFlight < a.inFlight ? b : a;
  const usual = a.quarantinedUntil === 0 && b.quarantinedUntil === 0 && a !== avoid && b !== avoid;
  return usual && better.inFlight < maxInFlight ? better : leastLoaded(replicas, maxInFlight, avoid, now());
}

function chooseTarget(targets: readonly Target[], random: () => number): Target | undefined {
  if (targets.length === 1) return targets[0]!.replicas.length > 0 ? targets[0] : undefined;
  const ready = targets.filter((target) => target.weight > 0 && target.replicas.length > 0);
  let point = random() * ready.reduce((sum, target) => sum + target.weight, 0);
  return ready.find((target) => (point -= target.weight) < 0);
}

/** The rare way, when something is wrong with one of them: looks at all. */
function leastLoaded(
  replicas: readonly Replica[],
  maxInFlight: number,
  avoid: Replica | undefined,
  now: number,
): Replica | undefined {
  let best: Replica | undefined;
  for (const replica of replicas) {
    if (replica === avoid || replica.inFlight >= maxInFlight) continue;
    if (replica.quarantinedUntil <= now) replica.quarantinedUntil = 0;
    if (best === undefined || isBetter(replica, best)) best = replica;
  }
  return best;
}

function isBetter(replica: Replica, best: Replica): boolean {
  const [quarantined, bestQuarantined] = [replica.quarantinedUntil > 0, best.quarantinedUntil > 0];
  return quarantined === bestQuarantined ? replica.inFlight < best.inFlight : bestQuarantined;
}
