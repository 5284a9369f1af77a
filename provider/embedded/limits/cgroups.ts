import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { readOrEmpty } from '../../../common/read-or-empty.ts';
import type { ReplicaLimits } from '../../quantities.ts';

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

/** The control groups of a process that is to become a replica, without limits yet. */
export interface PreparedCgroup extends Pick<ReplicaCgroup, 'attach' | 'remove'> {
  /**
   * Sets the replica's limits; `wholeGroup` as {@link Cgroups.create} has it.
   *
   * @throws Error of node:fs when the kernel refuses, such as a limit that the process exceeds already
   */
  limit(limits: ReplicaLimits, wholeGroup: boolean): ReplicaCgroup;
}

/** The folders of one engine, where its replicas' groups are. */
interface Trees {
  readonly memory: string | undefined;
  readonly cpu: string | undefined;
}

/**
 * Control groups `dunlin/ENGINE/REPLICA`, of version 2 or 1, where this process may make them.
 * Source: the kernel's admin-guide/cgroup-v2.rst and cgroup-v1/memory.rst.
 */
export class Cgroups {
  readonly #root: string;
  readonly #engine: string;
  readonly #version: 1 | 2;
  /** Made for the first replica with a limit, so that an engine without any leaves no trace. */
  #trees: Trees | undefined;

  /** @param dataDir tells engines on one machine apart */
  constructor(root: string, dataDir: string) {
    this.#root = root;
    this.#engine = join('dunlin', createHash('sha256').update(dataDir).digest('hex').slice(0, 8));
    this.#version = existsSync(join(root, 'cgroup.controllers')) ? 2 : 1;
  }

  /**
   * @param wholeGroup whether all of the replica ends when one process is killed for memory; a mode that runs a process
   *   per call loses that call only
   * @returns `undefined` when there is nothing to limit, or nothing that can be
   */
  create(replica: string, limits: ReplicaLimits, wholeGroup: boolean): ReplicaCgroup | undefined {
    const trees = this.#treesFor(limits);
    return this.#make(replica, trees)?.limit(limits, wholeGroup);
  }

  /** Groups for a replica whose limits are not known yet; `undefined` when there is nothing to limit with. */
  prepare(replica: string): PreparedCgroup | undefined {
    this.#trees ??= this.#makeTrees();
    return this.#make(replica, this.#trees);
  }

  /** Whether {@link create} makes a group for these limits. */
  limits(limits: ReplicaLimits): boolean {
    const { memory, cpu } = this.#treesFor(limits);
    return memory !== undefined || cpu !== undefined;
  }

  /** The group of a replica that another gateway started, with the limits it has. */
  find(replica: string): ReplicaCgroup | undefined {
    const folders = this.#present()
      .map((tree) => join(tree, replica))
      .filter((folder) => existsSync(folder));
    if (folders.length === 0) return undefined;
    const counters = folders.map((folder) => this.#counter(folder));
    return new Group(
      folders,
      counters.find((counter) => existsSync(counter)),
    );
  }

  /** Removes the groups of replicas that are gone. @param isLive tells which to leave */
  sweep(isLive: (replica: string) => boolean): void {
    for (const tree of this.#present())
      for (const entry of readdirSync(tree, { withFileTypes: true }))
        if (entry.isDirectory() && !isLive(entry.name)) removeGroup(join(tree, entry.name));
  }

  /** Leaves nothing behind when the last replica is gone. */
  close(): void {
    // The upper one goes with the machine's last engine.
    for (const tree of this.#present()) if (removeGroup(tree)) removeGroup(dirname(tree));
  }

  #treesFor({ memoryBytes, cpuMillis }: ReplicaLimits): Trees {
    if (memoryBytes === undefined && cpuMillis === undefined) return { memory: undefined, cpu: undefined };
    this.#trees ??= this.#makeTrees();
    const { memory, cpu } = this.#trees;
    return { memory: memoryBytes === undefined ? undefined : memory, cpu: cpuMillis === undefined ? undefined : cpu };
  }

  #make(replica: string, trees: Trees): PreparedCgroup | undefined {
    const memory = trees.memory && join(trees.memory, replica);
    const cpu = trees.cpu && join(trees.cpu, replica);
    const folders = [...new Set([memory, cpu])].filter((folder) => folder !== undefined);
    if (folders.length === 0) return undefined;
    for (const folder of folders) mkdirSync(folder, { recursive: true });
    const unlimited = new Group(folders, undefined);
    return {
      attach: (pid) => unlimited.attach(pid),
      remove: () => unlimited.remove(),
      limit: ({ memoryBytes, cpuMillis }, wholeGroup) => {
        if (memory && memoryBytes !== undefined) write(memory, this.#memoryFiles(memoryBytes, wholeGroup));
        if (cpu && cpuMillis !== undefined) write(cpu, this.#cpuFiles(cpuMillis));
        return new Group(folders, memory && memoryBytes !== undefined ? this.#counter(memory) : undefined);
      },
    };
  }

  #makeTrees(): Trees {
    const [root, engine] = [this.#root, this.#engine];
    if (this.#version === 2) return { memory: delegate(root, engine, 'memory'), cpu: delegate(root, engine, 'cpu') };
    return {
      memory: makeOrSkip(join(root, 'memory'), 'memory.limit_in_bytes', engine),
      cpu: makeOrSkip(join(root, 'cpu'), 'cpu.cfs_quota_us', engine),
    };
  }

  /** The engine's folders that are there, whoever made them. */
  #present(): string[] {
    const controllers = this.#version === 2 ? [''] : ['memory', 'cpu'];
    const trees = controllers.map((controller) => join(this.#root, controller, this.#engine));
    return trees.filter((tree) => existsSync(tree));
  }

  #counter(folder: string): string {
    return join(folder, this.#version === 2 ? 'memory.events' : 'memory.oom_control');
  }

  #memoryFiles(bytes: number, wholeGroup: boolean): Files {
    if (this.#version === 2)
      return { 'memory.max': bytes, 'memory.swap.max?': 0, 'memory.oom.group?': wholeGroup ? 1 : 0 };
    return { 'memory.limit_in_bytes': bytes, 'memory.memsw.limit_in_bytes?': bytes };
  }

  #cpuFiles(cpuMillis: number): Files {
    const quotaUs = Math.max(1000, Math.round((cpuMillis * PERIOD_US) / 1000));
    if (this.#version === 2) return { 'cpu.max': `${quotaUs} ${PERIOD_US}` };
    return { 'cpu.cfs_period_us': PERIOD_US, 'cpu.cfs_quota_us': quotaUs };
  }
}

/** What to write to which file; one whose name ends in `?` is not in every kernel (swap accounting). */
type Files = Readonly<Record<string, number | string>>;

function write(folder: string, files: Files): void {
  for (const [name, value] of Object.entries(files)) {
    const file = join(folder, name.replace('?', ''));
    if (!name.endsWith('?') || existsSync(file)) writeFileSync(file, String(value));
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
