import type Dockerode from 'dockerode';
import { type EndedReplicas, stoppedFailure } from '../../ended-replicas.ts';
import { type FunctionRef, refKey, type StateObserver } from '../../provider.ts';
import { functionNotFound } from '../../refusals.ts';
import { statusOf } from '../engine.ts';
import { FUNCTION } from '../labels.ts';
import { isFunction } from '../services/read-service.ts';
import type { FunctionService } from '../services/service.ts';
import { type EngineEvent, followEvents } from './event-stream.ts';
import type { FindEnd } from './find-end.ts';
import type { ProbeTarget } from './probe.ts';
import { Pulse } from './pulse.ts';
import type { Task } from './task.ts';
import { type FunctionPlace, TrackedFunction } from './tracked-function.ts';

/** Everything is read anew this often: what no event told, such as the end of a task on another node. */
const RESYNC_MS = 5000;
/** Functions whose tasks are on their way are read one by one up to so many, else all at once. */
const FEW = 5;

export interface SwarmFunctionsDeps {
  readonly docker: Dockerode;
  readonly place: FunctionPlace;
  readonly ended: EndedReplicas;
  readonly findEnd: FindEnd;
  readonly log: (line: string) => void;
  untilReady(target: ProbeTarget, signal: AbortSignal): Promise<void>;
}

/**
 * The functions in the Swarm, kept fresh: by the engine's events (services everywhere, containers on this node), by
 * looking at tasks while they are on their way, which no event tells of other nodes, and by reading all now and then.
 */
export class SwarmFunctions {
  readonly #deps: SwarmFunctionsDeps;
  readonly #byId = new Map<string, TrackedFunction>();
  readonly #byKey = new Map<string, TrackedFunction>();
  readonly #observers = new Set<StateObserver>();
  /** Removed services: an answer that was under way must not bring them back. */
  readonly #removed = new Set<string>();
  readonly #closing = new AbortController();
  readonly #pulse: Pulse;
  /** Numbers each question to the engine: an answer is older than that of a later question. */
  #clock = 0;
  readonly #tasksAsOf = new Map<string, number>();
  #following: Promise<void> | undefined;

  constructor(deps: SwarmFunctionsDeps) {
    this.#deps = deps;
    this.#pulse = new Pulse(RESYNC_MS, (full) => this.#beat(full));
  }

  /** Reads all there is, then follows. @throws Error of the engine */
  async start(): Promise<void> {
    await this.sync();
    const { docker, log } = this.#deps;
    this.#following = followEvents({
      docker,
      log,
      signal: this.#closing.signal,
      onEvent: (event) => this.#onEvent(event),
      onConnected: () => this.#pulse.now(true),
    });
    this.#pulse.start(() => this.#anyUnsettled());
  }

  find(ref: FunctionRef): TrackedFunction | undefined {
    return this.#byKey.get(refKey(ref));
  }

  /** @throws FaasError `function_not_found` */
  require(ref: FunctionRef): TrackedFunction {
    const found = this.find(ref);
    if (found) return found;
    throw functionNotFound(ref);
  }

  /** Sorted by name. */
  in(namespace: string): TrackedFunction[] {
    return [...this.#byKey.values()]
      .filter(({ ref }) => ref.namespace === namespace)
      .sort((a, b) => (a.ref.name < b.ref.name ? -1 : 1));
  }

  all(): readonly TrackedFunction[] {
    return [...this.#byKey.values()];
  }

  watch(observer: StateObserver): () => void {
    this.#observers.add(observer);
    for (const { ref, state } of this.#byKey.values()) observer(ref, state);
    return () => this.#observers.delete(observer);
  }

  /** Reads all services and tasks. */
  async sync(): Promise<void> {
    const { docker } = this.#deps;
    const asOf = ++this.#clock;
    const known = [...this.#byId.keys()];
    const [services, tasks] = await Promise.all([
      docker.listServices({ filters: { label: [FUNCTION] } }),
      docker.listTasks() as Promise<Task[]>,
    ]);
    const byService = Map.groupBy(tasks, ({ ServiceID }) => ServiceID);
    for (const service of services)
      if (isFunction(service)) this.#apply(service, byService.get(service.ID) ?? [], asOf);
    for (const id of known) if (!services.some(({ ID }) => ID === id)) this.forget(id);
  }

  /** Reads one service and its tasks; one that is gone is forgotten. */
  async refresh(id: string): Promise<void> {
    const { docker } = this.#deps;
    const asOf = ++this.#clock;
    try {
      const [service, tasks] = await Promise.all([
        docker.getService(id).inspect() as Promise<FunctionService>,
        this.#tasksOf(id),
      ]);
      if (isFunction(service)) this.#apply(service, tasks, asOf);
    } catch (error) {
      if (statusOf(error) !== 404) throw error;
      this.forget(id);
    }
  }

  /** The service was removed. */
  forget(id: string): void {
    this.#removed.add(id);
    const gone = this.#byId.get(id);
    if (gone === undefined) return;
    gone.close();
    for (const { ID, Status } of gone.tasks) if (Status.State === 'running') this.#stopped(ID);
    this.#byId.delete(id);
    this.#tasksAsOf.delete(id);
    if (this.find(gone.ref) !== gone) return;
    this.#byKey.delete(refKey(gone.ref));
    for (const observer of this.#observers) observer(gone.ref, undefined);
  }

  /** Looks at the tasks of functions soon and often until they have settled. */
  hurry(): void {
    this.#pulse.hurry();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#pulse.close();
    for (const each of this.#byId.values()) each.close();
    this.#observers.clear();
    await this.#following;
  }

  async #beat(full: boolean): Promise<void> {
    const unsettled = [...this.#byId.values()].filter((each) => each.unsettled);
    try {
      if (full || unsettled.length > FEW) await this.sync();
      else await Promise.all(unsettled.map(({ id }) => this.refresh(id)));
    } catch (error) {
      // Said once by the stream of events, which fails at the same time.
      if (statusOf(error) !== undefined) this.#deps.log(`Cannot read the Swarm's tasks: ${(error as Error).message}`);
    }
  }

  #anyUnsettled(): boolean {
    return this.#byId.values().some((each) => each.unsettled);
  }

  async #tasksOf(id: string): Promise<Task[]> {
    return (await this.#deps.docker.listTasks({ filters: { service: [id] } })) as Task[];
  }

  #apply(service: FunctionService, tasks: readonly Task[], asOf: number): void {
    if (this.#removed.has(service.ID)) return;
    const tracked = this.#byId.get(service.ID) ?? this.#add(service);
    tracked.applyService(service);
    if (asOf <= (this.#tasksAsOf.get(service.ID) ?? 0)) return;
    this.#tasksAsOf.set(service.ID, asOf);
    tracked.applyTasks(tasks);
  }

  #add(service: FunctionService): TrackedFunction {
    const added: TrackedFunction = new TrackedFunction(service, this.#deps.place, {
      onChange: (changed) => this.#tell(changed),
      untilReady: (target, signal) => this.#deps.untilReady(target, signal),
      onFailed: (of, task, wasReady) => void this.#explainEnd(of, task, wasReady),
      onStopped: ({ ID }) => this.#stopped(ID),
    });
    this.#byId.set(service.ID, added);
    this.#byKey.set(refKey(added.ref), added);
    return added;
  }

  #tell(changed: TrackedFunction): void {
    if (this.find(changed.ref) !== changed) return;
    for (const observer of this.#observers) observer(changed.ref, changed.state);
    this.#pulse.hurry();
  }

  async #explainEnd(of: TrackedFunction, task: Task, wasReady: boolean): Promise<void> {
    const failure = await this.#deps.findEnd(task, wasReady);
    if (this.#closing.signal.aborted) return;
    this.#deps.ended.record(task.ID, failure);
    this.#deps.log(`${refKey(of.ref)}: ${failure.code}: ${failure.message}`);
    of.failed(task.ID, failure);
  }

  #stopped(taskId: string): void {
    const { ended } = this.#deps;
    if (ended.get(taskId) === undefined) ended.record(taskId, stoppedFailure(taskId));
  }

  #onEvent({ Type, Action, Actor }: EngineEvent): void {
    if (Type === 'service') this.#onService(Action, Actor.ID);
    else if (Type === 'container') this.#onContainer(Action, Actor);
    else this.#pulse.now(true);
  }

  #onService(action: string, id: string): void {
    if (action === 'remove') this.forget(id);
    else void this.refresh(id).catch(() => this.#pulse.now(true));
    this.#pulse.hurry();
  }

  /** Of this node only. */
  #onContainer(action: string, { ID, Attributes }: EngineEvent['Actor']): void {
    const serviceId = Attributes['com.docker.swarm.service.id'];
    const taskId = Attributes['com.docker.swarm.task.id'];
    const tracked = serviceId === undefined ? undefined : this.#byId.get(serviceId);
    if (tracked === undefined || taskId === undefined) return;
    if (action === 'start') tracked.started(taskId);
    else if (action === 'kill') tracked.signalled(taskId, Number(Attributes.signal));
    else if (action === 'die') tracked.died(taskId, ID, Number(Attributes.exitCode));
    else if (action === 'health_status: unhealthy') tracked.left(taskId);
    else if (!['create', 'destroy'].includes(action) && !action.startsWith('health_status')) return;
    this.#pulse.now(false);
  }
}
