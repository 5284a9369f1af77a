import { randomUUID } from 'node:crypto';
import type { Provider } from '../../provider/provider.ts';
import type { GatewayConfig } from '../config.ts';
import type { FunctionEntry } from '../invoke/function-entry.ts';
import type { Log } from '../log.ts';
import { Autoscaler } from './autoscaler.ts';
import { Leadership } from './leadership.ts';
import { Peers } from './peers.ts';

export interface ScalingDeps {
  readonly provider: Provider;
  readonly functions: () => Iterable<FunctionEntry>;
  readonly config: Pick<GatewayConfig, 'autoscaler' | 'leaseMs' | 'peers' | 'metricsPort'>;
  readonly log: Log;
}

/** All that decides on replicas, but alerts, which come by the API. */
export interface Scaling {
  readonly autoscaler: Autoscaler;
  /** Whether this gateway is the one that decides. */
  leads(): boolean;
  start(): void;
  /** Idempotent. */
  close(): Promise<void>;
}

/** One gateway decides at once where the provider has records to agree by, and always where there is only one. */
export function createScaling({ provider, functions, config, log }: ScalingDeps): Scaling {
  const self = randomUUID();
  const now = (): number => performance.now();
  const { records } = provider;
  const leadership = records && new Leadership({ records, holder: self, leaseMs: config.leaseMs, now, log });
  const peers = new Peers({ names: config.peers, port: config.metricsPort, self, now, log });
  const leads = (): boolean => leadership?.leads ?? true;
  const wall = (): Date => new Date();
  const autoscaler = new Autoscaler({
    provider,
    functions,
    mode: config.autoscaler,
    self,
    leads,
    peers,
    log,
    now,
    wall,
  });
  return {
    autoscaler,
    leads,
    start() {
      leadership?.start();
      autoscaler.start();
    },
    async close() {
      await autoscaler.close();
      await leadership?.close();
    },
  };
}
