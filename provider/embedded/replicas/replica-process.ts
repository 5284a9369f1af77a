import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { readStat } from '../../../common/process-stat.ts';
import type { Owner } from '../data-folder.ts';
import type { ReplicaCgroup } from '../limits/cgroups.ts';
import { gated, openGate } from '../limits/gate.ts';
import type { Exit } from './failure.ts';

/** What a replica does with its watchdog's process. */
export interface ReplicaProcess {
  readonly pid: number;
  readonly startTime: string;
}

export interface ProcessEvents {
  onReady(): void;
  /** Once, whatever happened. */
  onExit(exit: Exit): void;
}

export interface SpawnRequest {
  readonly watchdog: string;
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly owner: Owner | undefined;
  readonly cgroup: ReplicaCgroup | undefined;
  readonly stderrFile: string;
}

/** @returns `undefined` when there is no process; `onExit` comes later all the same */
export function spawnReplica(request: SpawnRequest, events: ProcessEvents): ReplicaProcess | undefined {
  const { watchdog, environment, cgroup } = request;
  const command = cgroup ? gated(watchdog, environment) : [watchdog];
  const child = spawnWatchdog(command, { ...request, input: cgroup !== undefined }, events);
  if (cgroup) void openGate(child, cgroup).then(() => child.stdin?.end());
  return processOf(child);
}

/**
 * Starts a watchdog in a session of its own, so that no signal to the gateway's terminal reaches it, and none of our
 * pipes can end it. `onReady` comes with each line feed on its descriptor 3.
 */
export function spawnWatchdog(
  [command, ...args]: readonly string[],
  options: Pick<SpawnRequest, 'cwd' | 'environment' | 'owner' | 'stderrFile'> & { readonly input: boolean },
  events: ProcessEvents,
): ChildProcess {
  const { cwd, environment: env, owner, input, stderrFile } = options;
  const stderr = openSync(stderrFile, 'wx', 0o600);
  let child: ChildProcess;
  try {
    const stdio = [input ? 'pipe' : 'ignore', 'ignore', stderr, 'pipe'] as const;
    child = spawn(command!, args, { detached: true, cwd, env, stdio: [...stdio], ...owner });
  } finally {
    closeSync(stderr);
  }
  child.stdin?.on('error', ignore);
  const ready = child.stdio[3] as Readable;
  ready.on('data', () => events.onReady()).on('error', ignore);
  if (child.pid === undefined) {
    child.once('error', (error) => events.onExit({ reason: error.message }));
    return child;
  }
  child.on('error', ignore);
  child.once('exit', (exitCode, signal) => {
    ready.destroy();
    events.onExit({ ...(exitCode !== null && { exitCode }), ...(signal !== null && { signal }) });
  });
  return child;
}

export const processOf = ({ pid }: ChildProcess): ReplicaProcess | undefined =>
  pid === undefined ? undefined : { pid, startTime: readStat(pid)?.startTime ?? '' };

function ignore(): void {}
