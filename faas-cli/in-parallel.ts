import { FaasError } from '../common/errors.ts';
import { describeError } from './print-error.ts';

/**
 * Works on items in their order, several at once. Whoever throws ends the whole; what others have begun goes on.
 *
 * @param parallel the most at once; below 1 is 1
 * @param work its second argument says which of the workers it is, from 0
 */
export async function inParallel<T>(
  items: readonly T[],
  parallel: number,
  work: (item: T, worker: number) => Promise<void>,
): Promise<void> {
  const queue = [...items];
  const goOn = async (worker: number): Promise<void> => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item, worker);
  };
  const workers = Math.max(1, Math.min(parallel, queue.length));
  await Promise.all(Array.from({ length: workers }, (_, worker) => goOn(worker)));
}

/** For what was tried of each item. @throws the only failure; FaasError `function_failed` with the text of all */
export function throwAll(failures: readonly unknown[]): void {
  if (failures.length === 1) throw failures[0];
  if (failures.length > 1)
    throw new FaasError('function_failed', failures.map((failure) => describeError(failure)).join('\n\n'));
}
