import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { BenchOptions, BenchResult } from './bench.ts';
import { crowd } from './lib/crowd.ts';
import { startBenchGateway } from './lib/gateway-process.ts';
import { startNginx } from './lib/load.ts';
import { type Front, underFire } from './lib/under-fire.ts';

export const question = 'Does a hostile client or function get anything past relay or gateway, or stop them?';

/** Each, on Node and Bun, behind our own server and node:http. */
const RELAY_REQUESTS = 12_500;
const GATEWAY_REQUESTS = 50_000;
const IDLE = 5000;
const SLOW = 1000;
const BUN = fileURLToPath(new URL('../node_modules/@oven/bun-linux-x64/bin/bun', import.meta.url));

/** FUZZ_REQUESTS makes a shorter run against the gateway, FUZZ_FRONTS=gateway leaves the relays out. */
export async function run({ seed, log }: BenchOptions): Promise<BenchResult> {
  const figures: Record<string, number> = { requests: 0, smuggled: 0, crashes: 0, unanswered: 0 };
  const runtimes = existsSync(BUN) ? [process.execPath, BUN] : [process.execPath];
  const relays = runtimes.flatMap((runtime) => (['own', 'node'] as const).map((front) => ({ runtime, front })));
  const wanted = process.env.FUZZ_FRONTS?.split(',');
  const fronts: { runtime: string; front: Front }[] = [...relays, { runtime: process.execPath, front: 'gateway' }];
  const rows: string[][] = [
    ['', 'requests', 'smuggled', 'crashes', 'unanswered', 'memory after a tenth', 'at the end'],
  ];
  for (const { runtime, front } of fronts) {
    if (wanted !== undefined && !wanted.includes(front)) continue;
    const name = `${front} on ${runtime === BUN ? 'Bun' : 'Node'}`;
    log(`${name} ...`);
    const requests = front === 'gateway' ? Number(process.env.FUZZ_REQUESTS ?? GATEWAY_REQUESTS) : RELAY_REQUESTS;
    const { rssMb, ...tally } = await underFire({ runtime, front, requests, seed, log });
    for (const [figure, count] of Object.entries(tally)) figures[figure]! += count;
    if (front === 'gateway') figures.gatewayRssMb = rssMb[1];
    rows.push([name, ...Object.values(tally).map(String), ...rssMb.map((mb) => `${mb.toFixed(0)} MB`)]);
  }
  log(`${IDLE} idle and ${SLOW} slow connections ...`);
  await using stack = new AsyncDisposableStack();
  const nginx = stack.adopt(await startNginx(), (served) => served.stop());
  const gateway = stack.adopt(await startBenchGateway(nginx.port, 1), (served) => served.stop());
  const { failed, alone, crowded, rssMb } = await crowd(gateway, {
    idle: IDLE,
    slow: SLOW,
    calls: 2000,
    path: '/function/f0',
  });
  figures.crowdedFailed = failed;
  figures.crowdedP99Ms = crowded.p99Ms;
  const ms = ({ p50Ms, p99Ms }: typeof alone): string => `p50 ${p50Ms.toFixed(2)} ms, p99 ${p99Ms.toFixed(2)} ms`;
  rows.push([`calls alone: ${ms(alone)}`]);
  rows.push([
    `beside ${IDLE} idle and ${SLOW} slow connections: ${ms(crowded)}, ${failed} failed, ${rssMb.toFixed(0)} MB`,
  ]);
  return { figures, table: rows };
}
