import { join } from 'node:path';
import { readOrEmpty } from '../../common/read-or-empty.ts';
import type { Ending } from './child.ts';

/** 128 and the signal's number: how a shell passes on that its command was killed. */
const KILLED_STATUS = 137;

/** Tells whether the kernel killed for memory in our own cgroup. */
export class OomWatch {
  readonly #file: string | undefined;
  #count: number;
  #grewAt = Number.NEGATIVE_INFINITY;

  /** @param root of the file systems that are looked at */
  constructor(root = '/') {
    this.#file = counterFile(root);
    this.#count = this.#read();
  }

  /**
   * For a process that ended by a SIGKILL we did not send, or told of one as shells do: whether the counter grew since
   * the last look, or in the second before `nowMs`, for of two that were killed together only the first look sees it
   * grow.
   */
  killed({ exitCode, signal }: Ending, nowMs: number): boolean {
    if (signal !== 'SIGKILL' && exitCode !== KILLED_STATUS) return false;
    const count = this.#read();
    if (count > this.#count) this.#grewAt = nowMs;
    this.#count = count;
    return nowMs - this.#grewAt < 1000;
  }

  #read(): number {
    if (this.#file === undefined) return 0;
    return Number(/^oom_kill (\d+)/m.exec(readOrEmpty(this.#file))?.[1] ?? 0);
  }
}

/** memory.events of cgroup v2, memory.oom_control of v1. In a container the path may not be seen, but the root is ours. */
function counterFile(root: string): string | undefined {
  const own = readOrEmpty(join(root, 'proc/self/cgroup'));
  const v1 = /^\d+:(?:[^:]*,)?memory(?:,[^:]*)?:(.*)$/m.exec(own)?.[1];
  const v2 = /^0::(.*)$/m.exec(own)?.[1];
  const candidates = [
    ...(v1 === undefined ? [] : [`memory${v1}/memory.oom_control`]),
    ...(v2 === undefined ? [] : [`${v2}/memory.events`]),
    'memory/memory.oom_control',
    'memory.events',
  ];
  return candidates
    .map((path) => join(root, 'sys/fs/cgroup', path))
    .find((path) => readOrEmpty(path).includes('oom_kill '));
}
