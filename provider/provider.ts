import type { Readable } from 'node:stream';
import type { FaasErrorCode } from '../common/errors.ts';
import type { Address } from '../common/http/upstream.ts';

/** The namespace of a function that names none; OpenFaaS's clients append it to calls (contract 1.4). */
export const DEFAULT_NAMESPACE = 'openfaas-fn';

export interface FunctionRef {
  readonly name: string;
  readonly namespace: string;
}

/** `name.namespace`: the route table's key and the metrics' `function_name`. */
export const refKey = (ref: FunctionRef): string => `${ref.name}.${ref.namespace}`;

/** Quantities as the user wrote them, echoed byte for byte: `40Mi`, `100m`. */
export interface Resources {
  readonly memory?: string;
  readonly cpu?: string;
  readonly [device: string]: string | undefined;
}

/** What to run. Optional fields are absent, never empty, when the user did not set them (contract 1.5). */
export interface FunctionSpec extends FunctionRef {
  /** Image reference or bundle name, stored and echoed verbatim. */
  readonly image: string;
  /** Becomes the watchdog's `fprocess`. */
  readonly envProcess?: string;
  readonly envVars?: Readonly<Record<string, string>>;
  readonly constraints?: readonly string[];
  /** Names of secrets in the function's namespace, in the user's order. */
  readonly secrets?: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly limits?: Resources;
  readonly requests?: Resources;
  readonly readOnlyRootFilesystem?: boolean;
}

/** Why a replica ended, or could not start. */
export interface ReplicaFailure {
  /** `replica_crashed`, `replica_out_of_memory`, `exec_timeout`, `handler_blocked`, `bundle_not_found` ... */
  readonly code: FaasErrorCode;
  /** One sentence for people: what happened and what to do. */
  readonly message: string;
  readonly replica?: string;
  readonly exitCode?: number;
  /** Such as `SIGSEGV`. */
  readonly signal?: string;
  /** The end of the replica's log, oldest first, at most 20 lines. */
  readonly lastLogLines: readonly string[];
  readonly at: Date;
}

export interface FunctionStatus extends FunctionSpec {
  /** Desired replicas. */
  readonly replicas: number;
  /** Replicas that are ready for calls. */
  readonly availableReplicas: number;
  /** Those of them that run the current spec; absent where the provider cannot tell. */
  readonly updatedReplicas?: number;
  readonly createdAt: Date;
  /** CPU in millicores, memory in bytes, summed over replicas; only when asked for. */
  readonly usage?: { readonly cpu: number; readonly totalMemoryBytes: number };
  /** The latest failure of a replica of the current revision; gone once a replica of it became ready after that. */
  readonly failure?: ReplicaFailure;
}

/** One ready replica, as the route table sees it. The same replica keeps the same `id` for life. */
export interface ReplicaTarget {
  readonly id: string;
  /** Where it listens. */
  readonly address: Address;
}

/** What the route table needs of a function: a new object for each change. */
export interface FunctionState {
  readonly spec: FunctionSpec;
  /** Desired replicas. */
  readonly replicas: number;
  /** Replicas that may get calls now; a draining one has left this list before it is told to stop. */
  readonly ready: readonly ReplicaTarget[];
  /** Why there may be no ready replica. */
  readonly failure?: ReplicaFailure;
  /** That failure ended a replica that had served, and another is being started: a call had better wait for it. */
  readonly recovering?: boolean;
}

/** Called synchronously for each change, with `undefined` once the function is gone. Must not throw. */
export type StateObserver = (ref: FunctionRef, state: FunctionState | undefined) => void;

export interface Secret extends FunctionRef {
  readonly value: Uint8Array;
}

export interface NamespaceInfo {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

export interface LogQuery extends FunctionRef {
  /** One replica's lines only. */
  readonly instance?: string;
  /** The last so many lines; absent is all. */
  readonly tail?: number;
  /** Go on with new lines, of replicas to come too, until the signal aborts. */
  readonly follow: boolean;
  readonly since?: Date;
}

export interface LogMessage extends FunctionRef {
  /** The replica's id. */
  readonly instance: string;
  /** RFC 3339, as the replica wrote it. */
  readonly timestamp: string;
  readonly text: string;
}

export interface ProviderInfo {
  /** Such as `dunlin-embedded`. */
  readonly name: string;
  /** Such as `embedded`, `swarm`, `kubernetes`. */
  readonly orchestration: string;
}

/** A stored bundle and one of its names. */
export interface BundleRef {
  /** Such as `hello:latest`. */
  readonly image: string;
  /** `sha256:` and 64 hex digits, of the tar's bytes. */
  readonly digest: string;
}

/** Bundles, for a provider that runs functions from them (the embedded engine). */
export interface BundleStore {
  /**
   * Stores a tar under its digest and names it `image`. Whole or not at all: nothing is left of a broken upload.
   *
   * @throws FaasError `invalid_request` when the bytes do not match the digest, or the tar or its manifest is bad
   * @throws FaasError `body_too_large`
   */
  put(ref: BundleRef, tar: Readable, signal: AbortSignal): Promise<void>;
  /** Names a stored bundle, without an upload. @throws FaasError `bundle_not_found` */
  tag(ref: BundleRef): Promise<void>;
  list(): Promise<readonly BundleRef[]>;
}

export interface SharedRecord {
  readonly text: string;
  /** Another one after each write. */
  readonly version: string;
}

/** Small texts that all gateways on the same cluster share, each changed only by who knows its latest version. */
export interface SharedRecords {
  /** Undefined: there is no such record. */
  read(name: string, signal: AbortSignal): Promise<SharedRecord | undefined>;
  /**
   * Writes a record if its version is still `version`, or if there is none and `version` is undefined.
   *
   * @returns false, and nothing has changed, when another gateway was faster
   */
  write(name: string, text: string, version: string | undefined, signal: AbortSignal): Promise<boolean>;
}

/** Processes that wait, started ahead, for a function that needs a replica. */
export interface WarmPoolReport {
  /** Those that can become a replica now. */
  readonly waiting: number;
  /** Replicas so far that one of them became. */
  readonly taken: number;
  /** Replicas so far that could have been one of them, had there been one. */
  readonly missed: number;
  /** Memory of those that wait; what they share with other processes counts in part. Takes milliseconds. */
  memoryBytes(): number;
}

/**
 * What the gateway needs from a place that runs functions. Every implementation passes provider/conformance.
 *
 * All names have been checked by the caller (wire/). Methods that take a signal reject with its reason when it
 * aborts, leaving either the old state or the new one.
 */
export interface Provider extends AsyncDisposable {
  readonly info: ProviderInfo;
  readonly bundles?: BundleStore;
  /** Where several gateways may work on the same functions: what they agree by. Absent: there is only one. */
  readonly records?: SharedRecords;
  readonly warmPool?: WarmPoolReport;

  /**
   * Starts a new function with `initialReplicas(spec.labels)` replicas. Resolves once accepted and durable;
   * readiness shows in {@link watch} and {@link describe}.
   *
   * @throws FaasError `function_exists`; `namespace_not_found`; `secret_not_found`; `bundle_not_found`;
   *   `invalid_request`, such as for a bad quantity
   */
  deploy(spec: FunctionSpec, signal: AbortSignal): Promise<void>;

  /**
   * Replaces a function's spec. Rolling: a ready replica of the old revision serves until one of the new is ready,
   * and goes on serving when none gets ready. The number of replicas stays, within the new minimum.
   *
   * @throws FaasError `function_not_found` and those of {@link deploy}
   */
  update(spec: FunctionSpec, signal: AbortSignal): Promise<void>;

  /** Resolves when no replica is left. @throws FaasError `function_not_found` */
  remove(ref: FunctionRef, signal: AbortSignal): Promise<void>;

  /** Asks for `replicas` copies, 0 or more. Draining is the provider's. @throws FaasError `function_not_found` */
  scale(ref: FunctionRef, replicas: number, signal: AbortSignal): Promise<void>;

  /** Sorted by name. @throws FaasError `namespace_not_found` */
  list(namespace: string, signal: AbortSignal): Promise<readonly FunctionStatus[]>;

  /** @throws FaasError `function_not_found` */
  describe(ref: FunctionRef, options: { readonly usage: boolean }, signal: AbortSignal): Promise<FunctionStatus>;

  /**
   * Calls `observer` at once for each function there is, then for each change. No polling behind it: the observer
   * hears of a ready replica the instant it is. Returns what ends the watch.
   */
  watch(observer: StateObserver): () => void;

  /**
   * Why this replica ended; waits for its end to be recorded, and resolves `undefined` when the signal aborts first.
   * For a call that was cut: the answer should name the cause.
   */
  explain(ref: FunctionRef, replica: string, signal: AbortSignal): Promise<ReplicaFailure | undefined>;

  /**
   * Ends when the query's lines are through, or with `follow` when the signal aborts.
   *
   * @throws FaasError `function_not_found`
   */
  logs(query: LogQuery, signal: AbortSignal): AsyncIterable<LogMessage>;

  /** Names only. @throws FaasError `namespace_not_found` */
  listSecrets(namespace: string, signal: AbortSignal): Promise<readonly FunctionRef[]>;
  /** @throws FaasError `secret_exists`; `namespace_not_found` */
  createSecret(secret: Secret, signal: AbortSignal): Promise<void>;
  /**
   * Functions that use it see the new value without a new deployment; where replicas cannot, they are replaced one
   * after the other.
   *
   * @throws FaasError `secret_not_found`
   */
  updateSecret(secret: Secret, signal: AbortSignal): Promise<void>;
  /** @throws FaasError `secret_not_found`; `invalid_request` while a function uses it (the message names it) */
  removeSecret(ref: FunctionRef, signal: AbortSignal): Promise<void>;

  /** Sorted by name; the default namespace is always there. */
  listNamespaces(signal: AbortSignal): Promise<readonly NamespaceInfo[]>;
  /** @throws FaasError `namespace_exists` */
  createNamespace(namespace: NamespaceInfo, signal: AbortSignal): Promise<void>;
  /** @throws FaasError `namespace_not_found` */
  updateNamespace(namespace: NamespaceInfo, signal: AbortSignal): Promise<void>;
  /** @throws FaasError `namespace_not_found`; `invalid_request` while functions are in it, or for the default one */
  removeNamespace(name: string, signal: AbortSignal): Promise<void>;

  /**
   * For a provider whose replicas are this process's to end: lets go of all of them, and of the state, so that the next
   * provider takes them over as they are. What it knows by then goes on to be told ({@link watch}, {@link describe},
   * {@link explain}); changes are refused. {@link close} then ends nothing.
   *
   * @returns what the next provider is given, to be passed on as JSON
   * @throws FaasError `provider_unavailable` while something is under way that cannot be handed over; nothing changed
   */
  detach?(): Promise<unknown>;

  /**
   * Ends every replica that this provider runs in this process's name, drained, and closes what it opened; functions
   * stay recorded and come back at the next start. Idempotent.
   */
  close(): Promise<void>;
}
