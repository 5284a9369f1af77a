import { once } from 'node:events';
import { Socket } from 'node:net';
import type { Predecessor } from '../start.ts';
import { API_FD, type FromSuccessor, KEEPER_FD, METRICS_FD, type ToSuccessor } from './messages.ts';

/** What a successor does with its process's channel to the gateway that started it. */
export interface ParentChannel extends NodeJS.EventEmitter {
  send?(message: FromSuccessor): boolean;
}

/** The gateway that started this one to be replaced by it. */
export class RunningPredecessor implements Predecessor {
  readonly apiFd = API_FD;
  readonly metricsFd = METRICS_FD;
  readonly keeperFd = KEEPER_FD;
  /** To the process that keeps the terminal; ends when that does. */
  readonly keeper: Socket;
  readonly #channel: ParentChannel;

  constructor(channel: ParentChannel) {
    this.#channel = channel;
    this.keeper = new Socket({ fd: KEEPER_FD });
    this.keeper.on('error', () => undefined);
  }

  async receive(): Promise<unknown> {
    const gone = new AbortController();
    this.#channel.once('disconnect', () => gone.abort());
    this.#tell({ type: 'loaded' });
    try {
      const [message] = (await once(this.#channel, 'message', { signal: gone.signal })) as [ToSuccessor];
      return message.handedOver;
    } catch {
      throw new Error('The gateway that was to be replaced has ended');
    }
  }

  serving(forwarded: string): void {
    this.#tell({ type: 'serving', forwarded });
  }

  failed(message: string): void {
    this.#tell({ type: 'failed', message });
  }

  /** Calls back once the gateway that was replaced has drained or ended. */
  onGone(gone: () => void): void {
    this.#channel.once('disconnect', gone);
  }

  #tell(message: FromSuccessor): void {
    this.#channel.send?.(message);
  }
}
