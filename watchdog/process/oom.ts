import { readFileSync } from 'node:fs';

/** Tells whether the kernel killed for memory in our own cgroup. */
export class OomWatch {
  readonly #file: string | undefined = counterFile();
  #count: number;
  #grewAt = Number.NEGATIVE_INFINITY;

  constructor() {
    this.#count = this.#read();
  }

  /**
   * For a process that ended by a SIGKILL we did not send: whether the counter grew since the last look, or in the
   * second before `nowMs`, for of two that were killed together only the first look sees it grow.
   */
  killed(nowMs: number): boolean {
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
function counterFile(): string | undefined {
  const own = readOrEmpty('/proc/self/cgroup');
  const v1 = /^\d+:(?:[^:]*,)?memory(?:,[^:]*)?:(.*)$/m.exec(own)?.[1];
  const v2 = /^0::(.*)$/m.exec(own)?.[1];
  const candidates = [
    ...(v1 === undefined ? [] : [`/sys/fs/cgroup/memory${v1}/memory.oom_control`]),
    ...(v2 === undefined ? [] : [`/sys/fs/cgroup${v2}/memory.events`]),
    '/sys/fs/cgroup/memory/memory.oom_control',
    '/sys/fs/cgroup/memory.events',
  ];
  return candidates.find((path) => readOrEmpty(path).includes('oom_kill '));
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
