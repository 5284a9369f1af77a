import { setTimeout as delay } from 'node:timers/promises';
import { FaasError } from '../../common/errors.ts';
import type { GatewayClient, Target } from '../../provider/client.ts';
import { ResponseError } from '../../provider/client-http.ts';

/** First pause between two looks; it doubles up to the last. */
const FIRST_PAUSE_MS = 10;
const LAST_PAUSE_MS = 500;

/**
 * Resolves once a function has a ready replica, or is meant to have none.
 *
 * @throws FaasError with the failure's code, message, exit code and last log lines; `timed_out`
 */
export async function waitUntilReady(
  client: GatewayClient,
  ref: Target,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LAST_PAUSE_MS)) {
    const status = await client.describe(ref, { usage: false }, signal).catch(unlessGone);
    if (status?.failure) {
      const { code, message, lastLogLines } = status.failure;
      throw new FaasError(code, `function ${ref.name} does not start: ${message}`, { extra: { lastLogLines } });
    }
    // After an update, replicas of the former spec are available, too.
    const ready = status?.updatedReplicas ?? status?.availableReplicas ?? 0;
    if (status && (ready > 0 || (status.replicas ?? 0) === 0)) return;
    if (performance.now() > deadline)
      throw new FaasError(
        'timed_out',
        `function ${ref.name} was not ready within ${timeoutMs / 1000} s; see: faas-cli logs ${ref.name} and faas-cli describe ${ref.name}`,
      );
    await delay(pause, undefined, { signal });
  }
}

/** Providers that work in the background may not know it at once. */
function unlessGone(error: unknown): undefined {
  if (error instanceof ResponseError && error.status === 404) return undefined;
  throw error;
}
