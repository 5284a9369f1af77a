import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import type { DataFolder } from '../data-folder.ts';
import { type MachineEnvironment, pooledEnvironment } from '../environment.ts';
import { readStat } from '../processes/proc.ts';
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
  #waiting = false;

  /** @throws Error when its folder or the process cannot be made */
  constructor(folder: DataFolder, machine: MachineEnvironment, events: PooledEvents) {
    const run = folder.runOf(this.id);
    this.#events = {
      onReady: () => {
        this.#waiting = true;
        events.onWaiting();
      },
      onExit: (exit) => {
        this.#waiting = false;
        events.onEnd(exit);
      },
    };
    folder.makeRun(this.id, undefined);
    const environment = pooledEnvironment({ id: this.id, dataDir: folder.root, run }, machine);
    const options = { cwd: run, environment, owner: undefined, input: true, stderrFile: join(run, 'stderr') };
    this.#child = spawnWatchdog([folder.watchdog, '--pooled'], options, {
      onReady: () => this.#events.onReady(),
      onExit: (exit) => this.#events.onExit(exit),
    });
    this.#process = processOf(this.#child);
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /** Whether it can become a replica now. */
  get waiting(): boolean {
    return this.#waiting && readStat(this.#process!.pid)?.alive === true;
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
    this.#child.kill('SIGKILL');
  }
}
