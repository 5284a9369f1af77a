import type { BenchOptions, BenchResult } from './bench.ts';
import { zeroLoss } from './lib/zero-loss.ts';

export const question = 'Does any call fail while functions and the gateway itself are changed, killed and replaced?';

/** Twenty rounds, a million calls; `ZERO_LOSS_CALLS` and `ZERO_LOSS_ROUNDS` make a shorter run. */
export async function run({ seed, log }: BenchOptions): Promise<BenchResult> {
  const rounds = Number(process.env.ZERO_LOSS_ROUNDS ?? 20);
  const calls = Number(process.env.ZERO_LOSS_CALLS ?? 1_000_000);
  const started = performance.now();
  const result = await zeroLoss({ rounds, calls, seed, log });
  const seconds = (performance.now() - started) / 1000;
  const { failed, died, kills, takeOvers } = result;
  return {
    figures: { calls: result.calls, failed: failed.length, inFlightAtKill: died.length, rounds, seconds },
    table: [
      ['rounds', 'kills', 'take-overs', 'calls', 'calls/s', 'failed', 'in flight at a kill: 502'],
      [rounds, kills, takeOvers, result.calls, Math.round(result.calls / seconds), failed.length, died.length].map(
        String,
      ),
    ],
  };
}
