import { readdirSync } from 'node:fs';
import { readStat } from '../../../common/process-stat.ts';
import { readOrEmpty } from '../../../common/read-or-empty.ts';

/** Whether the process of that pid is still the one that started then, and runs. */
export function isRunning(pid: number, startTime: string): boolean {
  const stat = readStat(pid);
  return stat?.alive === true && stat.startTime === startTime;
}

/** The process and all below it, by what the kernel lists as children of each of its threads. */
export function processTree(pid: number): number[] {
  const found = [pid];
  for (let at = 0; at < found.length; at++)
    for (const thread of listOrEmpty(`/proc/${found[at]}/task`))
      for (const child of readOrEmpty(`/proc/${found[at]}/task/${thread}/children`).split(' '))
        if (child !== '') found.push(Number(child));
  return found;
}

/** Resident memory in bytes; 0 when there is no such process. */
export function residentBytes(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readOrEmpty(`/proc/${pid}/status`))?.[1] ?? 0) * 1024;
}

/**
 * Like {@link residentBytes}, but what is shared with other processes counts in part; takes the kernel a millisecond.
 */
export function proportionalBytes(pid: number): number {
  return Number(/^Pss:\s+(\d+) kB$/m.exec(readOrEmpty(`/proc/${pid}/smaps_rollup`))?.[1] ?? 0) * 1024;
}

/** Variables of the process as it was started; empty for one of another user, or a dead one. */
export function readEnviron(pid: number): string[] {
  return readOrEmpty(`/proc/${pid}/environ`).split('\0');
}

export function allPids(): number[] {
  return listOrEmpty('/proc').map(Number).filter(Number.isInteger);
}

function listOrEmpty(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}
