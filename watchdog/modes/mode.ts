import type { Duplex } from 'node:stream';
import type { Worker } from 'node:worker_threads';
import type { FaasErrorCode } from '../../common/errors.ts';
import type { HttpRequest, HttpResponse } from '../../common/http/message.ts';
import type { WatchdogConfig } from '../config.ts';
import type { Log } from '../log/log.ts';

/** The value of X-OpenFaaS-Internal on answers that the watchdog made itself. */
export const INTERNAL = 'of-watchdog';

/** One request on its way through the watchdog. */
export interface Call {
  readonly req: HttpRequest;
  readonly res: HttpResponse;
  /** The request's X-Call-Id. */
  readonly callId: string | undefined;
  /** `performance.now()` when its head had been read. */
  readonly startedAt: number;
  /** The smaller of exec_timeout and X-Timeout; 0 is no limit. */
  readonly limitMs: number;
}

/** Why a mode can serve no longer; becomes the termination log (`ReplicaFailure` in provider/provider.ts). */
export interface Termination {
  readonly code: FaasErrorCode;
  readonly message: string;
  readonly exitCode?: number;
  readonly signal?: string;
}

/** What a mode gets from the watchdog. */
export interface ModeDeps {
  readonly config: WatchdogConfig;
  /** The environment for processes of the function. */
  readonly env: Readonly<Record<string, string>>;
  readonly log: Log;
  /** module mode, where it was started ahead: a thread for its LoopGuard. */
  readonly guardThread?: Worker | undefined;
  /**
   * Ends the watchdog because the function behind it is gone: no new calls, open ones are given a moment to be
   * answered, exit code that of the function's process, or 1. The first caller's reason counts.
   */
  terminate(why: Termination): void;
}

/**
 * One way to hand requests to a function. Implementations live beside this file, one each, made by `createMode`.
 * A mode may start its process once (http), per call (fork) or never (module, static); a process may be called, or,
 * as other platforms' runtime protocols have it, come and fetch its calls: `invoke` only promises an answer.
 */
export interface Mode {
  /** Whether /_/ready is a path of the function like any other, as it is in the classic watchdog. */
  readonly forwardsReady?: boolean;
  /** Logs its calls itself; otherwise the watchdog logs method, path, status, bytes and time. */
  readonly logsCalls?: boolean;
  /**
   * Resolves once calls can be answered. Called once. Calls that come earlier wait for it.
   *
   * @throws FaasError or Error: the function cannot be started; the message says what to do
   */
  start(): Promise<void>;
  /**
   * Answers `call.res`, whatever happens to the function; or throws a FaasError before the first byte. The promise,
   * if there is one, ends when nothing of the call runs any more. A caller that hangs up (`res` closes) ends it.
   */
  invoke(call: Call): void | Promise<void>;
  /** Takes over a connection that asks for another protocol. Absent: such requests are invoked like others. */
  upgrade?(req: HttpRequest, socket: Duplex, head: Buffer, onDone: (status: number) => void): void;
  /** No calls are left: ends the function within `graceMs`. Idempotent. */
  stop(graceMs: number): Promise<void>;
  /** Ends all processes of the function now, synchronously. Idempotent. */
  kill(): void;
}
