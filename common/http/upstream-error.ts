/**
 * - `connect`: no connection could be opened; nothing was sent.
 * - `reset_before_head`: the connection ended before the first byte of an answer.
 * - `cut`: it ended within an answer.
 * - `malformed`: the answer broke HTTP/1.1; the message says which rule.
 */
export type UpstreamFailure = 'connect' | 'reset_before_head' | 'cut' | 'malformed';

/** Why a call of an upstream failed. */
export class UpstreamError extends Error {
  override readonly name = 'UpstreamError';
  readonly kind: UpstreamFailure;
  /** The connection had served a call before: a server may have closed it just when we wrote. */
  readonly reused: boolean;

  constructor(kind: UpstreamFailure, message: string, reused: boolean, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
    this.reused = reused;
  }
}
