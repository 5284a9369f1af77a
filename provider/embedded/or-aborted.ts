/**
 * Waits for `work`, but no longer than until the signal aborts; the work itself goes on.
 *
 * @param unlessBegun once it aborts, `signal` counts no more
 * @throws the signal's reason, and what `work` throws
 */
export async function orAborted<T>(work: Promise<T>, signal: AbortSignal, unlessBegun?: AbortSignal): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(signal.reason);
  const forget = () => signal.removeEventListener('abort', onAbort);
  if (signal.aborted) onAbort();
  signal.addEventListener('abort', onAbort);
  unlessBegun?.addEventListener('abort', forget, { once: true });
  // Whoever lost the race may still reject.
  work.catch(() => {});
  try {
    return await Promise.race([work, promise]);
  } finally {
    forget();
  }
}
