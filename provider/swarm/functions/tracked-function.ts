import type { FunctionRef, FunctionSpec, FunctionState, FunctionStatus, ReplicaFailure } from '../../provider.ts';
import { swarmSettings } from '../annotations.ts';
import { readService } from '../services/read-service.ts';
import { desiredReplicas, type FunctionService } from '../services/service.ts';
import { currentFailure, isRecovering, latestFailed } from './current-failure.ts';
import type { ProbeTarget } from './probe.ts';
import { hasEnded, hasFailed, hostOf, isCurrent, isWanted, mayAnswer, type Task } from './task.ts';

/** The port that every function answers on (contract 3.1). */
const FUNCTION_PORT = 8080;
const SIGKILL = 9;

/** Where this provider sees functions from. */
export interface FunctionPlace {
  /** The functions' network. */
  readonly networkId: string;
  /** The node whose engine tells events of containers. */
  readonly nodeId: string;
}

/** What a function asks of those around it. */
export interface FunctionEvents {
  /** Its state is a new one. */
  onChange(changed: TrackedFunction): void;
  /** Asks a replica until it takes calls. @throws the signal's reason */
  untilReady(target: ProbeTarget, signal: AbortSignal): Promise<void>;
  /** A replica ended by itself: finds out why; {@link TrackedFunction.failed} is told. */
  onFailed(of: TrackedFunction, task: Task, wasReady: boolean): void;
  /** A replica was told to stop, or has. */
  onStopped(task: Task): void;
}

interface Replica {
  task: Task;
  readonly host: string;
  /** Undefined until it takes calls. */
  readyAt: Date | undefined;
  /** Left the list of those that get calls, for good. */
  left: boolean;
  toldToStop: boolean;
  readonly asking: AbortController;
}

/** One function: what the Swarm says of its service and tasks, and what its replicas say themselves. */
export class TrackedFunction {
  readonly ref: FunctionRef;
  readonly id: string;
  readonly #place: FunctionPlace;
  readonly #events: FunctionEvents;
  #service: FunctionService;
  #spec: FunctionSpec;
  #tasks: readonly Task[] = [];
  #tasksKnown = false;
  readonly #replicas = new Map<string, Replica>();
  /** Containers that the engine here has started, before their tasks are known to run. */
  readonly #started = new Set<string>();
  readonly #failures = new Map<string, ReplicaFailure>();
  readonly #reported = new Set<string>();
  #lastReadyAt: Date | undefined;
  #state: FunctionState | undefined;
  #told: string | undefined;

  constructor(service: FunctionService, place: FunctionPlace, events: FunctionEvents) {
    this.#service = service;
    this.#spec = readService(service);
    this.ref = { name: this.#spec.name, namespace: this.#spec.namespace };
    this.id = service.ID;
    this.#place = place;
    this.#events = events;
  }

  get service(): FunctionService {
    return this.#service;
  }
  get spec(): FunctionSpec {
    return this.#spec;
  }
  get tasks(): readonly Task[] {
    return this.#tasks;
  }
  /** Tasks may change without an event that this engine tells: one that starts or ends on another node. */
  get unsettled(): boolean {
    const { UpdateStatus } = this.#service;
    const running = this.#tasks.filter((task) => !hasEnded(task));
    return (
      UpdateStatus?.State === 'updating' ||
      running.length !== desiredReplicas(this.#service) ||
      running.some((task) => !isWanted(task) || this.#replicas.get(task.ID)?.readyAt === undefined)
    );
  }

  /** The same object until something changes. */
  get state(): FunctionState {
    const failure = currentFailure(this.#tasks, this.#service, this.#failures, this.#lastReadyAt);
    return (this.#state ??= {
      spec: this.#spec,
      replicas: desiredReplicas(this.#service),
      ready: this.#ready().map(({ task, host }) => ({ id: task.ID, address: { host, port: FUNCTION_PORT } })),
      ...(failure && { failure }),
      ...(failure && isRecovering(this.#tasks, this.#service, this.#lastReadyAt) && { recovering: true }),
    });
  }

  status(usage?: FunctionStatus['usage']): FunctionStatus {
    const { spec, replicas, ready, failure } = this.state;
    return {
      ...spec,
      replicas,
      availableReplicas: ready.length,
      updatedReplicas: this.#ready().filter(({ task }) => isCurrent(task, this.#service)).length,
      createdAt: new Date(this.#service.CreatedAt),
      ...(usage && { usage }),
      ...(failure && { failure }),
    };
  }

  isReady(replica: string): boolean {
    return this.state.ready.some(({ id }) => id === replica);
  }

  /** Takes what the engine says of the service. */
  applyService(service: FunctionService): void {
    if (service.Version.Index <= this.#service.Version.Index) return;
    const before = JSON.stringify(this.#service.Spec.TaskTemplate);
    if (JSON.stringify(this.#service.Spec) !== JSON.stringify(service.Spec)) this.#spec = readService(service);
    this.#service = service;
    if (JSON.stringify(service.Spec.TaskTemplate) !== before) this.#lastReadyAt = undefined;
    this.#changed();
  }

  /** Takes what the engine says of all its tasks. */
  applyTasks(tasks: readonly Task[]): void {
    const first = !this.#tasksKnown;
    this.#tasksKnown = true;
    this.#tasks = tasks;
    for (const task of tasks) this.#applyTask(task, first);
    for (const [id, replica] of this.#replicas)
      if (!tasks.some((task) => task.ID === id)) {
        this.#leave(replica);
        this.#events.onStopped(replica.task);
        this.#replicas.delete(id);
      }
    for (const known of [this.#reported, this.#started])
      for (const id of known) if (!tasks.some((task) => task.ID === id)) known.delete(id);
    for (const id of this.#failures.keys()) if (!tasks.some((task) => task.ID === id)) this.#failures.delete(id);
    this.#changed();
  }

  /** The engine here started a replica's container: it may answer any moment. */
  started(taskId: string): void {
    this.#started.add(taskId);
    const task = this.#tasks.find(({ ID }) => ID === taskId);
    if (task) this.#applyTask(task, false);
  }

  /** A replica gets no more calls. */
  left(taskId: string): void {
    const replica = this.#replicas.get(taskId);
    if (replica === undefined || replica.left) return;
    this.#leave(replica);
    this.#changed();
  }

  /** The engine here sent its container a signal; all but SIGKILL ask it to stop. */
  signalled(taskId: string, signal: number): void {
    const replica = this.#replicas.get(taskId);
    if (replica && signal !== SIGKILL) replica.toldToStop = true;
    this.left(taskId);
  }

  /** The engine here saw its container end, a moment before the Swarm says so of the task. */
  died(taskId: string, containerId: string, exitCode: number): void {
    const replica = this.#replicas.get(taskId);
    this.left(taskId);
    if (replica === undefined || replica.toldToStop || this.#reported.has(taskId)) return;
    this.#reported.add(taskId);
    const Status = {
      Timestamp: new Date().toISOString(),
      State: 'failed' as const,
      Err: `task: non-zero exit (${exitCode})`,
      ContainerStatus: { ContainerID: containerId, ExitCode: exitCode },
    };
    this.#events.onFailed(this, { ...replica.task, Status }, replica.readyAt !== undefined);
  }

  /** Why a replica ended is known now. */
  failed(taskId: string, failure: ReplicaFailure): void {
    this.#failures.set(taskId, failure);
    this.#changed();
  }

  /** Whether a replica took calls at any time. */
  wasReady(taskId: string): boolean {
    return this.#replicas.get(taskId)?.readyAt !== undefined;
  }

  close(): void {
    for (const replica of this.#replicas.values()) replica.asking.abort();
  }

  #applyTask(task: Task, first: boolean): void {
    const known = this.#replicas.get(task.ID);
    if (known) known.task = task;
    if (!isWanted(task)) {
      if (known && !known.left) this.#leave(known);
      if (hasEnded(task)) this.#ended(task, first);
      return;
    }
    const host = hostOf(task, this.#place.networkId);
    if (
      known ||
      host === undefined ||
      !(this.#started.has(task.ID) || mayAnswer(task, task.NodeID === this.#place.nodeId && !first))
    )
      return;
    const replica: Replica = {
      task,
      host,
      readyAt: undefined,
      left: false,
      toldToStop: false,
      asking: new AbortController(),
    };
    this.#replicas.set(task.ID, replica);
    void this.#ask(replica);
  }

  async #ask(replica: Replica): Promise<void> {
    const { readyPath } = settingsOf(this.#spec);
    const { host, asking } = replica;
    try {
      await this.#events.untilReady({ host, port: FUNCTION_PORT, readyPath }, asking.signal);
    } catch {
      return;
    }
    if (replica.left) return;
    replica.readyAt = new Date();
    if (isCurrent(replica.task, this.#service)) this.#lastReadyAt = replica.readyAt;
    this.#changed();
  }

  #leave(replica: Replica): void {
    replica.left = true;
    replica.asking.abort();
  }

  #ended(task: Task, first: boolean): void {
    if (this.#reported.has(task.ID)) return;
    this.#reported.add(task.ID);
    const wasReady = this.wasReady(task.ID);
    // Of those that had ended before this gateway knew the function, only the last one's end is news.
    const isNews = !first || task === latestFailed(this.#tasks, this.#service);
    if (!hasFailed(task)) this.#events.onStopped(task);
    else if (isNews) this.#events.onFailed(this, task, wasReady);
  }

  #ready(): Replica[] {
    return [...this.#replicas.values()].filter(({ readyAt, left }) => readyAt !== undefined && !left);
  }

  /** Observers hear of what they can see, not of each step of a task. */
  #changed(): void {
    this.#state = undefined;
    const { ready, replicas, failure, recovering } = this.state;
    const seen = JSON.stringify([
      this.#spec,
      replicas,
      ready,
      failure?.replica,
      failure?.code,
      failure?.at,
      recovering,
    ]);
    if (seen === this.#told) return;
    this.#told = seen;
    this.#events.onChange(this);
  }
}

/** A service that was made by hand may have annotations that no deployment would have. */
function settingsOf(spec: FunctionSpec): { readonly readyPath: string | undefined } {
  try {
    return swarmSettings(spec);
  } catch {
    return { readyPath: undefined };
  }
}
