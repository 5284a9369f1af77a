import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { type BenchOptions, type BenchResult, percentile } from './bench.ts';

export const question = 'How long does faas-cli --help take, as the single-file program and on Node?';

const root = join(import.meta.dirname, '..');
const RUNS = 30;
/** The first start of a program reads it from the disk, or fills Node's compile cache. */
const WARM_UPS = 3;

const PROGRAMS = {
  executable: join(root, 'dist/faas-cli'),
  launcher: join(root, 'bin/faas-cli'),
};

/** Builds the program, then runs both `RUNS` times, in turn. `helpP50Ms` is the single-file program's. */
export async function run({ log }: BenchOptions): Promise<BenchResult> {
  execFileSync('sh', ['tools/node', 'tools/cli-executable.mjs'], { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
  const times: Record<keyof typeof PROGRAMS, number[]> = { executable: [], launcher: [] };
  for (let round = -WARM_UPS; round < RUNS; round++) {
    for (const [name, program] of Object.entries(PROGRAMS) as [keyof typeof PROGRAMS, string][]) {
      const started = performance.now();
      execFileSync(program, ['--help'], { stdio: 'ignore' });
      if (round >= 0) times[name].push(performance.now() - started);
    }
    if (round % 10 === 9) log(`${round + 1} of ${RUNS} rounds`);
  }
  const row = (name: keyof typeof PROGRAMS) => [50, 95].map((p) => percentile(times[name], p));
  const [executable, launcher] = [row('executable'), row('launcher')];
  const shown = (values: readonly number[]) => values.map((value) => value.toFixed(1));
  return {
    figures: {
      helpP50Ms: executable[0]!,
      helpP95Ms: executable[1]!,
      nodeHelpP50Ms: launcher[0]!,
      nodeHelpP95Ms: launcher[1]!,
    },
    table: [
      ['faas-cli --help', 'p50 ms', 'p95 ms'],
      ['dist/faas-cli', ...shown(executable)],
      ['bin/faas-cli (Node)', ...shown(launcher)],
    ],
  };
}
