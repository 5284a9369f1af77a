import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Served } from './load.ts';

/** As tools/node starts the gateway. */
const FLAGS = ['--min-semi-space-size=16'];
const SERVER = fileURLToPath(new URL('gateway-server.ts', import.meta.url));

/** A gateway under measurement. */
export interface ServedGateway extends Served {
  readonly metricsPort: number;
  /** Of its event loop, since this was last asked; the timer that measures it ticks every millisecond. */
  loopDelay(): Promise<{ readonly p99Ms: number; readonly maxMs: number }>;
}

/** Starts the gateway with `functions` functions, `f0` and on, whose replicas are all at `upstreamPort`. */
export async function startBenchGateway(upstreamPort: number, functions: number): Promise<ServedGateway> {
  const child = fork(SERVER, [String(upstreamPort), String(functions)], { execArgv: [...process.execArgv, ...FLAGS] });
  const closed = once(child, 'close');
  const [ports] = (await Promise.race([once(child, 'message'), closed])) as [{ port: number; metricsPort: number }];
  if (typeof ports !== 'object') throw new Error('the gateway ended before it listened');
  return {
    ...ports,
    pid: child.pid!,
    async loopDelay() {
      child.send('');
      const [delay] = (await once(child, 'message')) as [{ p99Ms: number; maxMs: number }];
      return delay;
    },
    async stop() {
      child.kill('SIGTERM');
      await closed;
    },
  };
}
