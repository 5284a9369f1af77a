import { setTimeout as delay } from 'node:timers/promises';
import { readStat } from '../../common/process-stat.ts';
import type { FunctionStatus } from '../provider.ts';
import { processTree, residentBytes } from './processes/proc.ts';
import type { Replica } from './replicas/replica.ts';

/** USER_HZ, which is 100 on every Linux that Node runs on (time(7)). */
const TICK_MS = 10;
/** Shorter, ticks would say too little; longer, it would no longer be about now. */
const SHORTEST_MS = 100;
const LONGEST_MS = 60_000;

/** CPU since the last look, or over a tenth of a second at the first one, and memory now. */
export async function usageOf(replicas: readonly Replica[]): Promise<NonNullable<FunctionStatus['usage']>> {
  const fresh = replicas.filter(({ lastUsage }) => !lastUsage || performance.now() - lastUsage.at > LONGEST_MS);
  for (const replica of fresh) replica.lastUsage = look(replica);
  if (replicas.some(({ lastUsage }) => performance.now() - lastUsage!.at < SHORTEST_MS)) await delay(SHORTEST_MS);
  let cpu = 0;
  let totalMemoryBytes = 0;
  for (const replica of replicas) {
    const before = replica.lastUsage!;
    const now = look(replica);
    replica.lastUsage = now;
    cpu += (Math.max(0, now.ticks - before.ticks) * TICK_MS * 1000) / (now.at - before.at);
    totalMemoryBytes += treeOf(replica).reduce((sum, pid) => sum + residentBytes(pid), 0);
  }
  return { cpu: Math.round(cpu), totalMemoryBytes };
}

const treeOf = ({ pid }: Replica): number[] => (pid === undefined ? [] : processTree(pid));

function look(replica: Replica): { ticks: number; at: number } {
  const ticks = treeOf(replica).reduce((sum, pid) => sum + (readStat(pid)?.cpuTicks ?? 0), 0);
  return { ticks, at: performance.now() };
}
