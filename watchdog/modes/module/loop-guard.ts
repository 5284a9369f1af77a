import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { GuardData } from './loop-guard-worker.ts';

const TICK_MS = 250;
/** Ends the process well within the promised second over exec_timeout: tick, grace and wake-up add up to less. */
const GRACE_MS = 150;

/**
 * Notices an event loop that a handler blocks, from a thread of its own, and ends the process then: nothing else
 * can be told to it. The main thread beats in shared memory while calls are open.
 */
export class LoopGuard {
  readonly #beats = new Int32Array(new SharedArrayBuffer(8));
  readonly #options: Omit<GuardData, 'beats' | 'tickMs' | 'ticks'>;
  readonly #waiting: Worker | undefined;
  #timer: NodeJS.Timeout | undefined;
  #worker: Worker | undefined;
  #open = 0;

  /** @param waiting a thread that was started ahead: {@link startGuardThread} */
  constructor(options: Omit<GuardData, 'beats' | 'tickMs' | 'ticks'>, waiting?: Worker) {
    this.#options = options;
    this.#waiting = waiting;
  }

  /** A call begins. The thread starts with the first, so that a cold start does not pay for it. */
  enter(): void {
    if (this.#open++ > 0) return;
    this.#worker ??= this.#start();
    this.#timer ??= setInterval(() => this.#beat(), TICK_MS).unref();
    this.#beat();
  }

  leave(): void {
    this.#open--;
  }

  close(): void {
    clearInterval(this.#timer);
    void this.#worker?.terminate();
  }

  #beat(): void {
    this.#beats[1] = this.#open;
    this.#beats[0] = this.#beats[0]! + 1;
  }

  #start(): Worker {
    const ticks = Math.ceil((this.#options.limitMs + GRACE_MS) / TICK_MS);
    const workerData: GuardData = { ...this.#options, beats: this.#beats, tickMs: TICK_MS, ticks };
    this.#waiting?.postMessage(workerData);
    return this.#waiting ?? thread(workerData);
  }
}

/** Resolves once the thread waits for a guard that needs it. */
export async function startGuardThread(): Promise<Worker> {
  const worker = thread(undefined);
  await once(worker, 'message');
  return worker;
}

function thread(workerData: GuardData | undefined): Worker {
  const worker = new Worker(new URL('./loop-guard-worker.ts', import.meta.url), { workerData });
  worker.unref();
  return worker;
}
