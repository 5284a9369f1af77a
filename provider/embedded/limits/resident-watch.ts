import { processTree, residentBytes } from '../processes/proc.ts';

/** A leak gets no further than this; more often, and looking at the processes of every replica would cost too much. */
const INTERVAL_MS = 250;

interface Watched {
  readonly pid: number;
  readonly limitBytes: number;
  readonly onExceeded: () => void;
}

/** Enforces memory limits where no control group can: looks at the resident memory of whole process trees. */
export class ResidentWatch {
  readonly #watched = new Set<Watched>();
  #timer: NodeJS.Timeout | undefined;

  /** Calls `onExceeded` once when the tree below `pid` has more than `limitBytes`. Returns what ends the watch. */
  watch(pid: number, limitBytes: number, onExceeded: () => void): () => void {
    const watched: Watched = { pid, limitBytes, onExceeded };
    this.#watched.add(watched);
    this.#timer ??= setInterval(() => this.#look(), INTERVAL_MS);
    return () => this.#forget(watched);
  }

  #look(): void {
    for (const watched of this.#watched) {
      const bytes = processTree(watched.pid).reduce((sum, pid) => sum + residentBytes(pid), 0);
      if (bytes <= watched.limitBytes) continue;
      this.#forget(watched);
      watched.onExceeded();
    }
  }

  #forget(watched: Watched): void {
    this.#watched.delete(watched);
    if (this.#watched.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
