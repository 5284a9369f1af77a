/** What passes between a gateway and the one that it started to replace it, over the channel of child_process. */
export type FromSuccessor =
  /** All modules are there, the configuration is right: only lock and state are missing. */
  | { readonly type: 'loaded' }
  /** It answers calls and owns the state. */
  | { readonly type: 'serving'; readonly forwarded: string }
  | { readonly type: 'failed'; readonly message: string };

export interface ToSuccessor {
  readonly type: 'state';
  /** What the provider said as it let go. */
  readonly handedOver: unknown;
}

/** The descriptors that a successor inherits, beside stdin, stdout and stderr. */
export const API_FD = 3;
export const METRICS_FD = 4;
/** A pipe to the process that was started first: see keeper.ts. */
export const KEEPER_FD = 5;

/** Tells a gateway that it was started as a successor; only a gateway sets it. */
export const SUCCESSOR_FLAG = '--successor';
