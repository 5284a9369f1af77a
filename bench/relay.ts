import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type BenchOptions, type BenchResult, median } from './bench.ts';
import { hasLoadTools, type LoadResult, load, startHaproxy, startNginx, startScript } from './lib/load.ts';

export const question = 'What does one relayed request cost, compared with HAProxy on one thread?';

const ROUNDS = 5;
const SECONDS = 2;
/** Until the compilers of both runtimes have done most of their work, which they do in the same process. */
const WARM_UP_SECONDS = 5;
const CONNECTIONS = 32;
const BUN = fileURLToPath(new URL('../node_modules/@oven/bun-linux-x64/bin/bun', import.meta.url));
const SERVER = fileURLToPath(new URL('lib/relay-server.ts', import.meta.url));

/** CPU per request of the proxying process alone, against a constant upstream; rounds interleaved. */
export async function run({ log }: BenchOptions): Promise<BenchResult> {
  if (!hasLoadTools()) throw new Error('needs haproxy, nginx and wrk: apt-get install haproxy nginx-light wrk');
  await using stack = new AsyncDisposableStack();
  const nginx = stack.adopt(await startNginx(), (served) => served.stop());
  const proxies = [
    ['haproxy', await startHaproxy(nginx.port)],
    ['node', await startScript(process.execPath, [SERVER, String(nginx.port)])],
    ...(existsSync(BUN) ? ([['bun', await startScript(BUN, [SERVER, String(nginx.port)])]] as const) : []),
  ] as const;
  for (const [, proxy] of proxies) stack.defer(() => proxy.stop());
  for (const [, proxy] of proxies) await load(proxy, { connections: CONNECTIONS, seconds: WARM_UP_SECONDS });

  const results = new Map<string, LoadResult[]>(proxies.map(([name]) => [name, []]));
  for (let round = 1; round <= ROUNDS; round++)
    for (const [name, proxy] of proxies) {
      const result = await load(proxy, { connections: CONNECTIONS, seconds: SECONDS });
      results.get(name)!.push(result);
      log(`round ${round} ${name}: ${result.cpuMicroseconds.toFixed(1)} µs, ${result.requestsPerSecond.toFixed(0)}/s`);
    }

  const ratios = (name: string): number[] =>
    results.get(name)!.map((own, round) => own.cpuMicroseconds / results.get('haproxy')![round]!.cpuMicroseconds);
  const figures: Record<string, number> = { errors: 0 };
  const table = [['proxy', 'CPU µs/request', 'vs HAProxy', 'spread', 'requests/s', 'errors']];
  for (const [name, rounds] of results) {
    const ratio = ratios(name);
    const errors = rounds.reduce((sum, one) => sum + one.errors, 0);
    const cpu = median(rounds.map((one) => one.cpuMicroseconds));
    const rate = median(rounds.map((one) => one.requestsPerSecond));
    const spread = `${Math.min(...ratio).toFixed(2)}-${Math.max(...ratio).toFixed(2)}`;
    table.push([name, cpu.toFixed(1), median(ratio).toFixed(2), spread, rate.toFixed(0), String(errors)]);
    figures[`${name}CpuMicroseconds`] = cpu;
    if (name !== 'haproxy') figures[`${name}CpuVsHaproxy`] = median(ratio);
    figures.errors = figures.errors! + errors;
  }
  return { figures, table };
}
