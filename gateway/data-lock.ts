import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readStat } from '../common/process-stat.ts';
import { readOrEmpty } from '../common/read-or-empty.ts';

/** Who holds a data folder. Pid and start time together name a process: pids come again, also after a restart. */
export interface Holder {
  readonly pid: number;
  readonly startTime: string;
}

/** A data folder that a gateway holds. */
export interface DataLock {
  /** Gives the folder back, if this process still holds it. Idempotent. */
  release(): void;
  /** Makes another process the holder, with no moment in which nobody is. It must be running. */
  passTo(pid: number): void;
}

/**
 * Makes this process the only gateway on `folder`, which must exist. The lock of a gateway that was killed is taken
 * over; the lock that was passed to this process is its own.
 *
 * @throws Error that names the process that holds the folder
 */
export function lockDataFolder(folder: string, pid: number): DataLock {
  const lock = join(folder, 'gateway.lock');
  const mine = join(folder, `gateway.lock.${pid}`);
  const passTo = (to: number): void => {
    writeFileSync(mine, JSON.stringify(holderOf(to)), { mode: 0o600 });
    renameSync(mine, lock);
  };
  const release = (): void => {
    if (readHolder(lock)?.pid === pid) rmSync(lock, { force: true });
  };
  const held = readHolder(lock);
  if (held?.pid === pid && isRunning(held)) return { release, passTo };
  writeFileSync(mine, JSON.stringify(holderOf(pid)), { mode: 0o600 });
  try {
    while (!linked(mine, lock)) {
      const other = readHolder(lock);
      if (other !== undefined && isRunning(other))
        throw new Error(
          `The data folder ${folder} is in use by the gateway with process id ${other.pid}; stop that one, replace it with --take-over, or choose another folder with --data`,
        );
      removeStale(lock, mine, other);
    }
  } finally {
    rmSync(mine, { force: true });
  }
  return { release, passTo };
}

/** The gateway that runs on the folder. */
export function runningGateway(folder: string): Holder | undefined {
  const holder = readHolder(join(folder, 'gateway.lock'));
  return holder && isRunning(holder) ? holder : undefined;
}

const holderOf = (pid: number): Holder => ({ pid, startTime: startTimeOf(pid) ?? '' });

/** A link is made whole or not at all, so a lock is never seen half written. */
function linked(mine: string, lock: string): boolean {
  try {
    linkSync(mine, lock);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Moved aside and looked at again: between reading and removing, another gateway may have taken the lock over. */
function removeStale(lock: string, mine: string, stale: Holder | undefined): void {
  const aside = `${mine}.stale`;
  try {
    renameSync(lock, aside);
  } catch {
    return; // gone meanwhile
  }
  const moved = readHolder(aside);
  if (moved?.pid !== stale?.pid || moved?.startTime !== stale?.startTime) linked(aside, lock);
  rmSync(aside, { force: true });
}

function readHolder(file: string): Holder | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Holder;
  } catch {
    return undefined;
  }
}

/** Whether that process is there still. */
export function isRunning({ pid, startTime }: Holder): boolean {
  const now = startTimeOf(pid);
  return now !== undefined && now === startTime;
}

/** In ticks since boot, with the boot's id; undefined when there is no such process, or it has ended. */
function startTimeOf(pid: number): string | undefined {
  const stat = readStat(pid);
  return stat?.alive ? `${readOrEmpty('/proc/sys/kernel/random/boot_id').trim()} ${stat.startTime}` : undefined;
}
