import { join } from 'node:path';
import type { FunctionRef } from '../../provider.ts';
import type { DataFolder } from '../data-folder.ts';

/** Where a replica has its files. */
export interface ReplicaFiles {
  /** Its folder, which goes with it. */
  readonly run: string;
  readonly socket: string;
  readonly terminationLog: string;
  /** What its watchdog says before it has a log. */
  readonly stderrFile: string;
  /** Stays for those who read logs later. */
  readonly logFile: string;
}

export function replicaFiles(folder: DataFolder, ref: FunctionRef, id: string): ReplicaFiles {
  const run = folder.runOf(id);
  return Object.freeze({
    run,
    socket: join(run, 'sock'),
    terminationLog: join(run, 'termination.json'),
    stderrFile: join(run, 'stderr'),
    logFile: join(folder.logsOf(ref), `${id}.log`),
  });
}
