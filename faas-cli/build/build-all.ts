import { FaasError } from '../../common/errors.ts';
import { describeError } from '../print-error.ts';
import { type BuildJob, type BuildPlace, type BuildSettings, buildFunction } from './build-function.ts';

export interface BuildAllOptions extends Omit<BuildSettings, 'report'> {
  readonly jobs: readonly BuildJob[];
  /** Functions that are built at once. */
  readonly parallel: number;
  readonly quiet: boolean;
  readonly stdout: { write(text: string): unknown };
  /** What builds one; makes bundles unless it is given. */
  readonly make?: (job: BuildJob, settings: BuildSettings) => Promise<unknown>;
}

/**
 * Builds functions in parallel, with OpenFaaS's lines of progress (contract 5.6, step 7). All are tried.
 *
 * @throws FaasError `function_failed` with every failure
 */
export async function buildAll(options: BuildAllOptions, place: BuildPlace): Promise<void> {
  const started = performance.now();
  const say = (line: string) => void (options.quiet || options.stdout.write(`${line}\n`));
  const queue = [...options.jobs];
  const make = options.make ?? ((job, settings) => buildFunction(job, settings, place));
  const failures: unknown[] = [];
  const work = async (worker: number) => {
    for (let job = queue.shift(); job; job = queue.shift()) {
      const began = performance.now();
      say(`[${worker}] > Building ${job.name}.`);
      try {
        await make(job, { ...options, report: (line) => say(`[${worker}] ${line}`) });
        say(`[${worker}] < Building ${job.name} done in ${seconds(began)}.`);
      } catch (error) {
        place.signal.throwIfAborted();
        failures.push(error);
        say(`[${worker}] < Building ${job.name} failed after ${seconds(began)}.`);
      }
    }
  };
  const workers = Math.max(1, Math.min(options.parallel, queue.length));
  await Promise.all(Array.from({ length: workers }, (_, worker) => work(worker)));
  if (failures.length === 1) throw failures[0];
  if (failures.length > 1)
    throw new FaasError('function_failed', failures.map((failure) => describeError(failure)).join('\n\n'));
  say(`\nTotal build time: ${seconds(started)}.`);
}

export const seconds = (since: number): string => `${((performance.now() - since) / 1000).toFixed(2)}s`;
