import { FaasError } from '../common/errors.ts';

/**
 * The text at a URL.
 *
 * @param what it is, for people, such as `the store`
 * @throws FaasError `invalid_request` that says why there is none; the signal's reason when it aborts
 */
export async function download(what: string, url: string, timeoutMs: number, signal: AbortSignal): Promise<string> {
  const { default: fetch } = await import('node-fetch');
  try {
    const response = await fetch(url, { signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]) });
    if (!response.ok) throw new Error(`the server answered ${response.status} ${response.statusText}`);
    return await response.text();
  } catch (cause) {
    signal.throwIfAborted();
    throw new FaasError('invalid_request', `cannot fetch ${what} ${url}: ${(cause as Error).message}`, { cause });
  }
}
