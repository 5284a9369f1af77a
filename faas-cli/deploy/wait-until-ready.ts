import { setTimeout as delay } from 'node:timers/promises';
import { FaasError, isFaasError } from '../../common/errors.ts';
import type { GatewayClient } from '../../provider/client.ts';
import { ResponseError } from '../../provider/client-http.ts';
import type { Target } from '../../provider/client-requests.ts';
import type { Context } from '../context.ts';
import { printError } from '../print-error.ts';

/** First pause between two looks; it doubles up to the last. */
const FIRST_PAUSE_MS = 10;
const LAST_PAUSE_MS = 500;

/** What takes no longer needs no word. */
const SLOW_MS = 1000;

/**
 * Waits for each in turn; one that does not start does not keep the others' failures from being told: it is printed,
 * and the last one is thrown.
 *
 * @throws FaasError as {@link waitUntilReady}
 */
export async function allReady(
  client: GatewayClient,
  functions: readonly Target[],
  timeoutMs: number,
  context: Pick<Context, 'signal' | 'stderr' | 'env'>,
): Promise<void> {
  let failure: FaasError | undefined;
  for (const ref of functions)
    await waitUntilReady(client, ref, timeoutMs, context).catch((error: unknown) => {
      if (!isFaasError(error)) throw error;
      if (failure) printError(failure, context);
      failure = error;
    });
  if (failure) throw failure;
}

/**
 * Resolves once a function has a ready replica, or is meant to have none. Says on stderr that it waits, if that takes
 * longer than a second.
 *
 * @throws FaasError with the failure's code, message, exit code and last log lines; `timed_out`
 */
async function waitUntilReady(
  client: GatewayClient,
  ref: Target,
  timeoutMs: number,
  { signal, stderr }: Pick<Context, 'signal' | 'stderr'>,
): Promise<void> {
  const began = performance.now();
  let told = false;
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LAST_PAUSE_MS)) {
    const status = await client.describe(ref, { usage: false }, signal).catch(unlessGone);
    // One that has a replica of the current spec may have failed before it, or in a call: that is no matter now.
    if (status && (status.updatedReplicas ?? 0) > 0) return;
    if (status && (status.replicas ?? 0) === 0) {
      stderr.write(`Function ${ref.name} is scaled to zero, so it was not started; its first call does that\n`);
      return;
    }
    if (status?.failure && status.failure.callId === undefined) {
      const { code, message, lastLogLines } = status.failure;
      throw new FaasError(code, `function ${ref.name} does not start: ${message}`, { extra: { lastLogLines } });
    }
    // A provider that does not tell those of the current spec from those of the former one.
    if (status && status.updatedReplicas === undefined && (status.availableReplicas ?? 0) > 0) return;
    const waitedMs = performance.now() - began;
    if (waitedMs > timeoutMs)
      throw new FaasError(
        'timed_out',
        `function ${ref.name} was not ready within ${timeoutMs / 1000} s; see: faas-cli logs ${ref.name} and faas-cli describe ${ref.name}`,
      );
    if (waitedMs > SLOW_MS && !told)
      stderr.write(`Waiting until ${ref.name} is ready, ${timeoutMs / 1000} s at most ...\n`);
    told = waitedMs > SLOW_MS;
    await delay(pause, undefined, { signal });
  }
}

/** Providers that work in the background may not know it at once. */
function unlessGone(error: unknown): undefined {
  if (error instanceof ResponseError && error.status === 404) return undefined;
  throw error;
}
