import { inParallel, throwAll } from '../in-parallel.ts';
import { secondsSince } from '../seconds-since.ts';
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
  const make = options.make ?? ((job, settings) => buildFunction(job, settings, place));
  const failures: unknown[] = [];
  await inParallel(options.jobs, options.parallel, async (job, worker) => {
    const began = performance.now();
    say(`[${worker}] > Building ${job.name}.`);
    try {
      await make(job, { ...options, report: (line) => say(`[${worker}] ${line}`) });
      say(`[${worker}] < Building ${job.name} done in ${secondsSince(began)}.`);
    } catch (error) {
      place.signal.throwIfAborted();
      failures.push(error);
      say(`[${worker}] < Building ${job.name} failed after ${secondsSince(began)}.`);
    }
  });
  throwAll(failures);
  say(`\nTotal build time: ${secondsSince(started)}.`);
}
