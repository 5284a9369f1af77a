import { setImmediate as nextTurn } from 'node:timers/promises';
import { DATA_MARKER, REPLICA_MARKER } from '../environment.ts';
import { allPids, readEnviron } from './proc.ts';

/** A process of a replica: the watchdog, or what it or the function started, in whatever session. */
export interface MarkedProcess {
  readonly pid: number;
  readonly replica: string;
}

/** Looked at without a pause; then the loop gets its turn. */
const SLICE = 64;

/** Finds the processes of one engine by the markers that they inherited. Finding is shared by all who ask meanwhile. */
export class MarkedProcesses {
  readonly #marker: string;
  #running: Promise<unknown> = Promise.resolve();
  #next: Promise<readonly MarkedProcess[]> | undefined;

  constructor(dataDir: string) {
    this.#marker = `${DATA_MARKER}=${dataDir}`;
  }

  /** Every marked process there is; looks after the call, so what was started before it is seen. */
  find(): Promise<readonly MarkedProcess[]> {
    if (this.#next) return this.#next;
    const scan = this.#running.then(() => {
      this.#next = undefined;
      return this.#scan();
    });
    this.#next = scan;
    this.#running = scan;
    return scan;
  }

  async #scan(): Promise<readonly MarkedProcess[]> {
    const found: MarkedProcess[] = [];
    for (const [index, pid] of allPids().entries()) {
      if (index % SLICE === SLICE - 1) await nextTurn();
      const variables = readEnviron(pid);
      if (!variables.includes(this.#marker)) continue;
      const replica = variables.find((variable) => variable.startsWith(`${REPLICA_MARKER}=`));
      if (replica) found.push({ pid, replica: replica.slice(REPLICA_MARKER.length + 1) });
    }
    return found;
  }
}
