import { setTimeout as delay } from 'node:timers/promises';
import { readStat } from '../../../common/process-stat.ts';

const PAUSE_MS = 5;
/** A second of trying; what is still there then cannot be killed (uninterruptible sleep). */
const ROUNDS = 200;

/**
 * SIGKILLs what `find` finds, again and again until it finds nothing that runs: a process may fork while it is killed.
 * Resolves to what could not be ended.
 */
export async function killAll(find: () => Promise<readonly number[]>): Promise<readonly number[]> {
  let left: readonly number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    left = (await find()).filter((pid) => readStat(pid)?.alive);
    if (left.length === 0) return [];
    for (const pid of left) signalProcess(pid, 'SIGKILL');
    await delay(PAUSE_MS);
  }
  return left;
}

/** False when there is no such process (any more). */
export function signalProcess(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}
