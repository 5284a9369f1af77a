import { readOrEmpty } from './read-or-empty.ts';

/** One look at a process. */
export interface ProcessStat {
  /** In ticks since the machine started; with the pid it names a process until the machine starts again. */
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
