import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ReplicaLimits } from '../quantities.ts';

const PERIOD_US = 100_000;

/** The control groups of one replica, made and limited before its first process starts. */
export interface ReplicaCgroup {
  /** Whether the memory limit is the kernel's to enforce; otherwise it must be watched. */
  readonly limitsMemory: boolean;
  /** Moves a process in; takes up to 20 ms, in which the kernel waits for others, so never on the main thread. */
  attach(pid: number): Promise<void>;
  pids(): number[];
  /** How many processes the kernel has killed for memory. */
  oomKills(): number;
  /** False while a process is still in it. */
  remove(): boolean;
}

/**
 * Control groups `dunlin/ENGINE/REPLICA`, of version 2 or 1, where this process may make them.
 * Source: the kernel's admin-guide/cgroup-v2.rst and cgroup-v1/memory.rst.
 */
export class Cgroups {
  readonly #memory: string | undefined;
  readonly #cpu: string | undefined;
  readonly #version: 1 | 2;

  /** @param dataDir tells engines on one machine apart */
  constructor(root: string, dataDir: string) {
    const engine = join('dunlin', createHash('sha256').update(dataDir).digest('hex').slice(0, 8));
    this.#version = existsSync(join(root, 'cgroup.controllers')) ? 2 : 1;
    if (this.#version === 2) {
      const [memory, cpu] = ['memory', 'cpu'].map((controller) => delegate(root, engine, controller));
      this.#memory = memory;
      this.#cpu = cpu;
    } else {
      this.#memory = makeOrSkip(join(root, 'memory'), 'memory.limit_in_bytes', engine);
      this.#cpu = makeOrSkip(join(root, 'cpu'), 'cpu.cfs_quota_us', engine);
    }
  }

  get limitsMemory(): boolean {
    return this.#memory !== undefined;
  }

  /**
   * @param wholeGroup whether all of the replica ends when one process is killed for memory; a mode that runs a process
   *   per call loses that call only
   * @returns `undefined` when there is nothing to limit, or nothing that can be
   */
  create(replica: string, limits: ReplicaLimits, wholeGroup: boolean): ReplicaCgroup | undefined {
    const folders: string[] = [];
    const memory = limits.memoryBytes === undefined ? undefined : this.#memory;
    const cpu = limits.cpuMillis === undefined ? undefined : this.#cpu;
    const make = (parent: string, files: Readonly<Record<string, number>>): void => {
      const folder = join(parent, replica);
      mkdirSync(folder, { recursive: true });
      if (!folders.includes(folder)) folders.push(folder);
      // Some are compiled out of some kernels (swap accounting); the main one must be there.
      for (const [file, value] of Object.entries(files))
        if (existsSync(join(folder, file))) writeFileSync(join(folder, file), String(value));
    };
    if (memory) make(memory, this.#memoryFiles(limits.memoryBytes!, wholeGroup));
    if (cpu && this.#version === 1)
      make(cpu, { 'cpu.cfs_period_us': PERIOD_US, 'cpu.cfs_quota_us': quotaUs(limits.cpuMillis!) });
    if (cpu && this.#version === 2) {
      make(cpu, {});
      writeFileSync(join(cpu, replica, 'cpu.max'), `${quotaUs(limits.cpuMillis!)} ${PERIOD_US}`);
    }
    if (folders.length === 0) return undefined;
    return new Group(
      folders,
      memory && join(memory, replica, this.#version === 2 ? 'memory.events' : 'memory.oom_control'),
    );
  }

  /** Removes the groups of replicas that are gone. @param isLive tells which to leave */
  sweep(isLive: (replica: string) => boolean): void {
    for (const parent of new Set([this.#memory, this.#cpu]))
      if (parent)
        for (const entry of readdirSync(parent, { withFileTypes: true }))
          if (entry.isDirectory() && !isLive(entry.name)) removeGroup(join(parent, entry.name));
  }

  /** The group of a replica that another gateway started, with the limits it has. */
  find(replica: string): ReplicaCgroup | undefined {
    const folders = [this.#memory, this.#cpu]
      .filter((parent) => parent !== undefined)
      .map((parent) => join(parent, replica))
      .filter((folder, index, all) => existsSync(folder) && all.indexOf(folder) === index);
    if (folders.length === 0) return undefined;
    const memory = this.#memory && join(this.#memory, replica);
    const counter = memory && join(memory, this.#version === 2 ? 'memory.events' : 'memory.oom_control');
    return new Group(folders, counter && existsSync(counter) ? counter : undefined);
  }

  /** Leaves nothing behind when the last replica is gone. */
  close(): void {
    // The upper one goes with the machine's last engine.
    for (const folder of new Set([this.#memory, this.#cpu]))
      if (folder && removeGroup(folder)) removeGroup(dirname(folder));
  }

  #memoryFiles(bytes: number, wholeGroup: boolean): Record<string, number> {
    if (this.#version === 2)
      return { 'memory.max': bytes, 'memory.swap.max': 0, 'memory.oom.group': wholeGroup ? 1 : 0 };
    return { 'memory.limit_in_bytes': bytes, 'memory.memsw.limit_in_bytes': bytes };
  }
}

class Group implements ReplicaCgroup {
  readonly #folders: readonly string[];
  readonly #counter: string | undefined;

  constructor(folders: readonly string[], counter: string | undefined) {
    this.#folders = folders;
    this.#counter = counter;
  }

  get limitsMemory(): boolean {
    return this.#counter !== undefined;
  }

  async attach(pid: number): Promise<void> {
    for (const folder of this.#folders) await writeFile(join(folder, 'cgroup.procs'), String(pid));
  }

  pids(): number[] {
    const lists = this.#folders.map((folder) => readOrEmpty(join(folder, 'cgroup.procs')));
    return [...new Set(lists.join('\n').split('\n').filter(Boolean).map(Number))];
  }

  oomKills(): number {
    return this.#counter ? Number(/^oom_kill (\d+)$/m.exec(readOrEmpty(this.#counter))?.[1] ?? 0) : 0;
  }

  remove(): boolean {
    return this.#folders.every(removeGroup);
  }
}

const quotaUs = (cpuMillis: number): number => Math.max(1000, Math.round((cpuMillis * PERIOD_US) / 1000));

/** Version 1: a controller's own tree; `proof` is a file that only a mounted one has. */
function makeOrSkip(tree: string, proof: string, engine: string): string | undefined {
  if (!existsSync(join(tree, proof))) return undefined;
  try {
    mkdirSync(join(tree, engine), { recursive: true });
    return join(tree, engine);
  } catch {
    return undefined;
  }
}

/** Version 2: a controller must be handed down level by level, which fails where processes are in the upper groups. */
function delegate(root: string, engine: string, controller: string): string | undefined {
  try {
    mkdirSync(join(root, engine), { recursive: true });
    for (const level of [root, join(root, 'dunlin'), join(root, engine)]) {
      const file = join(level, 'cgroup.subtree_control');
      if (!readFileSync(file, 'utf8').split(/\s+/).includes(controller)) writeFileSync(file, `+${controller}`);
    }
    return join(root, engine);
  } catch {
    return undefined;
  }
}

function removeGroup(folder: string): boolean {
  try {
    rmdirSync(folder);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT';
  }
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
