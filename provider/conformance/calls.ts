import { request } from 'node:http';
import type { Address } from '../../common/http/upstream.ts';
import type { FunctionRef, FunctionState, Provider, ReplicaTarget } from '../provider.ts';
import { refKey } from '../provider.ts';

export interface Answer {
  readonly status: number;
  readonly body: string;
}

/** Where a replica is gone with its address, nobody refuses the connection. */
const CALL_MS = 10_000;

/** One call of a replica, as the gateway makes it. Rejects when the connection fails or is cut. */
export function call(address: Address, path: string, body?: string): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const to = 'path' in address ? { socketPath: address.path } : address;
  const method = body === undefined ? 'GET' : 'POST';
  const outgoing = request({ ...to, path, method, agent: false, signal: AbortSignal.timeout(CALL_MS) }, (response) => {
    let text = '';
    response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
    response.once('error', reject).once('end', () => resolve({ status: response.statusCode!, body: text }));
  });
  outgoing.once('error', reject).end(body);
  return promise;
}

/** What a provider's watch has told, and a way to wait for what it will tell. */
export class Watched {
  readonly states = new Map<string, FunctionState>();
  readonly #waiting = new Set<() => void>();
  readonly #end: () => void;

  constructor(provider: Provider) {
    this.#end = provider.watch((ref, state) => {
      if (state) this.states.set(refKey(ref), state);
      else this.states.delete(refKey(ref));
      for (const look of this.#waiting) look();
    });
  }

  /** Resolves with the first state that is as wanted, now or later. The test's own timeout is the limit. */
  until(ref: FunctionRef, isWanted: (state: FunctionState) => boolean): Promise<FunctionState> {
    const { promise, resolve } = Promise.withResolvers<FunctionState>();
    const look = () => {
      const state = this.states.get(refKey(ref));
      if (state && isWanted(state)) resolve(state);
    };
    this.#waiting.add(look);
    look();
    return promise.finally(() => this.#waiting.delete(look));
  }

  /** So many replicas, all ready. */
  async ready(ref: FunctionRef, count = 1): Promise<readonly ReplicaTarget[]> {
    const isThere = ({ ready, replicas }: FunctionState) => ready.length === count && replicas === count;
    return (await this.until(ref, isThere)).ready;
  }

  /** Calls a ready replica, waiting for one if needed. */
  async call(ref: FunctionRef, path: string, body?: string): Promise<Answer> {
    const { ready } = await this.until(ref, (state) => state.ready.length > 0);
    return call(ready[0]!.address, path, body);
  }

  [Symbol.dispose](): void {
    this.#end();
  }
}
