import type { FunctionRef, FunctionState, ReplicaFailure } from '../../provider/provider.ts';
import type { CallFailure } from '../../provider/wire/status.ts';
import type { GatewayConfig } from '../config.ts';
import type { FunctionCounts } from '../metrics/function-metrics.ts';
import type { TlsFiles } from '../tls.ts';

/** All that a worker has to be told once. */
export interface WorkerStart {
  readonly config: GatewayConfig;
  readonly tls: TlsFiles | undefined;
  readonly product: string;
  /** Unix socket where the primary takes what is not for workers. */
  readonly primary: string;
}

/** From the primary to a worker, over the channel of child_process. A connection comes with its handle. */
export type ToWorker =
  | { readonly type: 'start'; readonly start: WorkerStart; readonly states: readonly StateUpdate[] }
  | ({ readonly type: 'state' } & StateUpdate)
  | { readonly type: 'connection' }
  | { readonly type: 'explained'; readonly ask: number; readonly failure: ReplicaFailure | undefined }
  | { readonly type: 'report'; readonly ask: number }
  /** Another gateway serves, and takes what is forwarded there. */
  | { readonly type: 'leave'; readonly forwarded: string }
  | { readonly type: 'close' };

export interface StateUpdate {
  readonly ref: FunctionRef;
  readonly state: FunctionState | undefined;
  /** Of `state.spec`: objects that pass a channel are never the same, and a change of it means a new revision. */
  readonly revision: number;
}

export type FromWorker =
  | { readonly type: 'ready' }
  | { readonly type: 'explain'; readonly ask: number; readonly ref: FunctionRef; readonly replica: string }
  | { readonly type: 'report'; readonly ask: number | undefined; readonly report: WorkerReport };

/** What a worker has counted since it started, of functions for which that is not as it was in the report before. */
export interface WorkerReport {
  /** Of its clock: performance.timeOrigin. */
  readonly timeOrigin: number;
  readonly functions: readonly (FunctionCounts & {
    readonly key: string;
    readonly lastFailure: CallFailure | undefined;
  })[];
  readonly webSockets: number;
}
