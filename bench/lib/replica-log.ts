import { setTimeout } from 'node:timers/promises';
import type { Platform } from '../../test/harness/platform.ts';

export interface ReplicaChange {
  /** Since the log began. */
  readonly ms: number;
  readonly desired: number;
  readonly ready: number;
  readonly reason: string;
}

/** Each change of a function's replicas from now on, as its status tells it, until `signal` aborts. */
export async function logReplicas(
  platform: Platform,
  name: string,
  signal: AbortSignal,
): Promise<readonly ReplicaChange[]> {
  const began = performance.now();
  const changes: ReplicaChange[] = [];
  while (!signal.aborted) {
    const answer = await platform.api(`/system/function/${name}`);
    const status = (await answer.json()) as {
      replicas?: number;
      availableReplicas?: number;
      scaling?: { decision?: { reason: string } };
    };
    const [desired, ready] = [status.replicas ?? 0, status.availableReplicas ?? 0];
    const last = changes.at(-1);
    const reason = status.scaling?.decision?.reason ?? '';
    if (last?.desired !== desired || last.ready !== ready)
      changes.push({ ms: performance.now() - began, desired, ready, reason });
    await setTimeout(50);
  }
  return changes;
}
