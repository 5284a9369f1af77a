import type Dockerode from 'dockerode';
import type { FunctionStatus } from '../provider.ts';
import { isWanted, type Task } from './functions/task.ts';

/** What replicas on this node use; the engine tells of no other node's. Takes a second: it measures twice. */
export async function usageOf(
  docker: Dockerode,
  tasks: readonly Task[],
): Promise<NonNullable<FunctionStatus['usage']>> {
  const used = await Promise.all(tasks.filter(isWanted).map((task) => usageOfTask(docker, task)));
  return {
    cpu: used.reduce((sum, { cpu }) => sum + cpu, 0),
    totalMemoryBytes: used.reduce((sum, { totalMemoryBytes }) => sum + totalMemoryBytes, 0),
  };
}

const NONE = { cpu: 0, totalMemoryBytes: 0 };

async function usageOfTask(docker: Dockerode, { Status }: Task): Promise<NonNullable<FunctionStatus['usage']>> {
  const id = Status.ContainerStatus?.ContainerID;
  if (!id) return NONE;
  const stats = await docker
    .getContainer(id)
    .stats({ stream: false })
    .catch(() => undefined);
  if (stats?.memory_stats?.usage === undefined) return NONE;
  const { cpu_stats: now, precpu_stats: before, memory_stats: memory } = stats;
  const elapsed = Date.parse(stats.read) - Date.parse(stats.preread);
  const usedMs = (now.cpu_usage.total_usage - before.cpu_usage.total_usage) / 1e6;
  // As docker stats shows it: without the cache of files, which the kernel takes back when it needs to.
  const cache = memory.stats?.total_inactive_file ?? memory.stats?.inactive_file ?? 0;
  return {
    cpu: elapsed > 0 ? Math.max(0, Math.round((usedMs / elapsed) * 1000)) : 0,
    totalMemoryBytes: memory.usage - cache,
  };
}
