import { readdirSync } from 'node:fs';
import { readOrEmpty } from '../read-or-empty.ts';

/** One look at a process. */
export interface ProcessStat {
  /** In ticks since the machine started; with the pid it names a process for good. */
  readonly startTime: string;
  /** Zombies and dead processes still have an entry. */
  readonly alive: boolean;
  /** User and system time, its own and that of children it waited for, in ticks of 10 ms. */
  readonly cpuTicks: number;
}

/** Fields of /proc/PID/stat, counted as in proc(5), after the command in parentheses (which may hold anything). */
const FIRST_FIELD = 3;
const STATE = 3 - FIRST_FIELD;
const CPU_TIMES = [14, 15, 16, 17].map((field) => field - FIRST_FIELD);
const START_TIME = 22 - FIRST_FIELD;

/** `undefined` when there is no such process. */
export function readStat(pid: number): ProcessStat | undefined {
  const text = readOrEmpty(`/proc/${pid}/stat`);
  if (text === '') return undefined;
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return {
    startTime: fields[START_TIME]!,
    alive: !['Z', 'X', 'x'].includes(fields[STATE]!),
    cpuTicks: CPU_TIMES.reduce((sum, field) => sum + Number(fields[field]), 0),
  };
}

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

/** Like {@link residentBytes}, but what is shared with other processes counts in part; takes the kernel a millisecond. */
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
