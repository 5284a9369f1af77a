import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { readStat } from '../../../common/process-stat.ts';
import type { ReplicaLimits } from '../../quantities.ts';
import type { DataFolder } from '../data-folder.ts';
import { type MachineEnvironment, pooledEnvironment } from '../environment.ts';
import type { Cgroups, PreparedCgroup, ReplicaCgroup } from '../limits/cgroups.ts';
import { gatedWithInput, openGate } from '../limits/gate.ts';
import type { Exit } from '../replicas/failure.ts';
import { newReplicaId } from '../replicas/replica-id.ts';
import {
  type ProcessEvents,
  processOf,
  type ReplicaProcess,
  type SpawnRequest,
  spawnWatchdog,
} from '../replicas/replica-process.ts';

export interface PooledEvents {
  /** It waits now. */
  onWaiting(): void;
  /** It ended without having become a replica. */
  onEnd(exit: Exit): void;
}

/**
 * A watchdog that has been started and warmed up without a function, under the id of the replica that it will be:
 * docs/ARCHITECTURE.md, "A pooled watchdog". It ends by itself with the gateway.
 */
export class PooledProcess {
  readonly id = newReplicaId();
  readonly #child: ChildProcess;
  readonly #process: ReplicaProcess | undefined;
  #events: ProcessEvents;
  readonly #prepared: PreparedCgroup | undefined;
  #cgroup: ReplicaCgroup | undefined;
  #waiting = false;

  /**
   * @param cgroups makes control groups for it, for limits that are set when it is known which
   * @throws Error when its folder or the process cannot be made
   */
  constructor(folder: DataFolder, cgroups: Cgroups | undefined, machine: MachineEnvironment, events: PooledEvents) {
    const run = folder.runOf(this.id);
    this.#events = {
      onReady: () => {
        this.#waiting = true;
        events.onWaiting();
      },
      onExit: (exit) => {
        this.#waiting = false;
        this.#prepared?.remove();
        events.onEnd(exit);
      },
    };
    folder.makeRun(this.id, undefined);
    const environment = pooledEnvironment({ id: this.id, dataDir: folder.root, run }, machine);
    const options = { cwd: run, environment, owner: undefined, input: true, stderrFile: join(run, 'stderr') };
    const command = [folder.watchdog, '--pooled'] as const;
    this.#prepared = cgroups?.prepare(this.id);
    this.#child = spawnWatchdog(this.#prepared ? gatedWithInput(command) : command, options, {
      onReady: () => this.#events.onReady(),
      onExit: (exit) => this.#events.onExit(exit),
    });
    if (this.#prepared) void openGate(this.#child, this.#prepared);
    this.#process = processOf(this.#child);
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /** Whether it has been in control groups since its start. */
  get limitable(): boolean {
    return this.#prepared !== undefined;
  }

  /** Those that {@link limit} made the replica's. */
  get cgroup(): ReplicaCgroup | undefined {
    return this.#cgroup;
  }

  /** Whether it can become a replica now. */
  get waiting(): boolean {
    return this.#waiting && readStat(this.#process!.pid)?.alive === true;
  }

  /** @throws Error when the limits cannot be set, because it takes more already */
  limit(limits: ReplicaLimits): void {
    this.#cgroup = this.#prepared?.limit(limits, true);
  }

  /** Becomes a replica; only when it waits. From now on its end is told to `events`. */
  takeOn({ cwd, environment, owner }: SpawnRequest, events: ProcessEvents): ReplicaProcess {
    this.#waiting = false;
    this.#events = events;
    this.#child.stdin!.end(`${JSON.stringify({ cwd, environment, ...(owner && { owner }) })}\n`);
    return this.#process!;
  }

  /** It has nothing to lose. */
  kill(): void {
    this.#waiting = false;
    this.#child.kill('SIGKILL');
  }
}
