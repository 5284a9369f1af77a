import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Address } from './upstream.ts';

export interface RelayUpgradeOptions {
  /** Request target for the upstream, byte for byte; the request's own by default. */
  readonly target?: string;
  /** Flat list; replaces same-named headers of the request. */
  readonly addRequestHeaders?: readonly string[];
  /** Called exactly once, when both connections have ended. `status` of the upstream's answer, 502 when it had none. */
  onDone?(outcome: { readonly status: number }): void;
}

/**
 * Carries an upgrade request (WebSocket) to `address` and then bytes both ways until either side ends. Answers 502
 * when the upstream cannot be reached; passes on an answer other than 101 and closes.
 */
export function relayUpgrade(
  _req: IncomingMessage,
  _socket: Duplex,
  _head: Buffer,
  _address: Address,
  _options: RelayUpgradeOptions = {},
): void {
  throw new Error('being written');
}
