import { type IncomingMessage, request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

const HEALTH = '/_/health';
const READY = '/_/ready';
/** By this a watchdog of ours says that it knows `/_/ready`; others would call the function with that path. */
const WATCHDOG_HEADER = 'x-dunlin-watchdog';
/** Longer than an answer takes that is on its way, shorter than it takes to notice that nobody is there. */
const ATTEMPT_MS = 1000;
const FIRST_PAUSE_MS = 10;
/** Soon enough that the engine, which asks every few seconds, does not stop its predecessor before we know of it. */
const LAST_PAUSE_MS = 100;
/** One that waits long is asked less and less often. */
const GROWTH = 1.1;

/** Where a replica is asked whether it takes calls. */
export interface ProbeTarget {
  readonly host: string;
  readonly port: number;
  /** The function's own path, which must answer 2xx. Absent: the watchdog is asked. */
  readonly readyPath: string | undefined;
}

/**
 * Resolves once the replica takes calls. The engine's own health checks run every few seconds; a call that waits for
 * this replica should not.
 *
 * @throws the signal's reason
 */
export async function untilReady(target: ProbeTarget, signal: AbortSignal): Promise<void> {
  let pauseMs = FIRST_PAUSE_MS;
  for (;;) {
    if (await isReady(target, signal)) return;
    signal.throwIfAborted();
    await delay(pauseMs, undefined, { signal });
    pauseMs = Math.min(LAST_PAUSE_MS, pauseMs * GROWTH);
  }
}

async function isReady(target: ProbeTarget, signal: AbortSignal): Promise<boolean> {
  if (target.readyPath !== undefined) {
    const answer = await ask(target, target.readyPath, signal);
    return answer !== undefined && isOk(answer.statusCode!);
  }
  const health = await ask(target, HEALTH, signal);
  if (health === undefined) return false;
  // A server without a watchdog may not know the path, but it answers.
  if (health.headers[WATCHDOG_HEADER] === undefined) return health.statusCode! < 500;
  const ready = await ask(target, READY, signal);
  // 429: as many calls as it takes at once.
  return ready !== undefined && (isOk(ready.statusCode!) || ready.statusCode === 429);
}

const isOk = (status: number): boolean => status >= 200 && status < 300;

/** Undefined when nobody answers. */
function ask({ host, port }: ProbeTarget, path: string, signal: AbortSignal): Promise<IncomingMessage | undefined> {
  const { promise, resolve } = Promise.withResolvers<IncomingMessage | undefined>();
  const until = AbortSignal.any([signal, AbortSignal.timeout(ATTEMPT_MS)]);
  const outgoing = request({ host, port, path, agent: false, signal: until }, (answer) => {
    answer.resume().once('close', () => resolve(answer));
  });
  outgoing.once('error', () => resolve(undefined)).end();
  return promise;
}
