import { deployHandler } from '../test/harness/deploy-handler.ts';
import { startPlatform } from '../test/harness/platform.ts';
import { type BenchOptions, type BenchResult, percentile } from './bench.ts';
import { logReplicas } from './lib/replica-log.ts';
import { steadyCalls } from './lib/steady-calls.ts';

export const question =
  'When load steps from 0 to 200 calls a second of a 50 ms function at zero (capacity, target 5), how fast are there enough replicas?';

const PER_SECOND = 200;
const CALL_MS = 50;
const SECONDS = 20;
const ZERO_SECONDS = 5;
/** 10 in flight, 5 x 0.9 each. */
const ENOUGH = Math.ceil((PER_SECOND * CALL_MS) / 1000 / (5 * 0.9));
const LABELS = {
  'com.openfaas.scale.type': 'capacity',
  'com.openfaas.scale.target': '5',
  'com.openfaas.scale.max': '10',
  'com.openfaas.scale.zero': 'true',
  'com.openfaas.scale.zero-duration': `${ZERO_SECONDS}s`,
};
const HANDLER = `export default () => new Promise((done) => setTimeout(() => done('done'), ${CALL_MS}));\n`;

export async function run({ log }: BenchOptions): Promise<BenchResult> {
  await using platform = await startPlatform({ args: ['--no-sample'] });
  const { code, stdout, stderr } = await deployHandler(platform, { name: 'step', handler: HANDLER, labels: LABELS });
  if (code !== 0) throw new Error(stdout + stderr);
  await platform.until('step', ({ replicas }) => replicas === 0);
  log(`at zero; ${PER_SECOND} calls a second for ${SECONDS} s ...`);
  const watching = new AbortController();
  const changes = logReplicas(platform, 'step', watching.signal);
  const began = performance.now();
  const outcomes = await steadyCalls(`${platform.url}/function/step`, PER_SECOND, SECONDS);
  const loadMs = performance.now() - began;
  await platform.until('step', ({ replicas }) => replicas === 0);
  const zeroMs = performance.now() - began - loadMs;
  watching.abort();
  const seen = await changes;
  const underLoad = seen.filter(({ ms }) => ms <= loadMs);
  const enough = underLoad.find(({ ready }) => ready >= ENOUGH);
  const times = outcomes.map(({ ms }) => ms);
  return {
    figures: {
      calls: outcomes.length,
      failed: outcomes.filter(({ status }) => status !== 200).length,
      enoughAfterSeconds: (enough?.ms ?? Infinity) / 1000,
      lastChangeUnderLoadSeconds: (underLoad.at(-1)?.ms ?? 0) / 1000,
      stepsDownUnderLoad: underLoad.filter(({ desired }, index) => index > 0 && desired < underLoad[index - 1]!.desired)
        .length,
      zeroAfterSeconds: zeroMs / 1000,
      firstCallMs: times[0]!,
      p50Ms: percentile(times, 50),
      p99Ms: percentile(times, 99),
    },
    table: [
      ['s', 'desired', 'ready', 'last decision'],
      ...seen.map(({ ms, desired, ready, reason }) => [(ms / 1000).toFixed(2), `${desired}`, `${ready}`, reason]),
    ],
  };
}
