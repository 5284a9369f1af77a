import { isRunning } from '../processes/proc.ts';
import type { ReplicaProcess } from './replica-process.ts';

/** Nothing tells of the end of a process that is not our child; a connection's end would only be a hint to look. */
const INTERVAL_MS = 500;
/** While a cut call waits for the cause. */
const HURRY_MS = 10;

/** Watches replicas that an earlier gateway started. */
export class AdoptedProcesses {
  readonly #watched = new Map<ReplicaProcess, () => void>();
  #timer: NodeJS.Timeout | undefined;

  /** Calls `onExit` once the process has ended. */
  watch(process: ReplicaProcess, onExit: () => void): void {
    this.#watched.set(process, onExit);
    this.#timer ??= setInterval(() => this.#look(), INTERVAL_MS);
  }

  /** Looks often until the signal aborts. */
  hurry(signal: AbortSignal): void {
    this.#look();
    if (signal.aborted || this.#watched.size === 0) return;
    const timer = setInterval(() => this.#look(), HURRY_MS);
    signal.addEventListener('abort', () => clearInterval(timer), { once: true });
  }

  close(): void {
    this.#watched.clear();
    clearInterval(this.#timer);
  }

  #look(): void {
    for (const [process, onExit] of this.#watched) {
      if (isRunning(process.pid, process.startTime)) continue;
      this.#watched.delete(process);
      onExit();
    }
    if (this.#watched.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
