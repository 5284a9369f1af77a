import type { Provider } from '../../provider/provider.ts';
import type { DataLock } from '../data-lock.ts';
import type { Gateway } from '../gateway.ts';
import type { Successor } from '../start.ts';
import type { ProviderSwitch } from './provider-switch.ts';

export interface HandOverDeps {
  readonly gateway: Gateway;
  readonly provider: ProviderSwitch;
  readonly lock: DataLock;
  /** This process. */
  readonly pid: number;
  createProvider(handedOver: unknown): Promise<Provider>;
}

/**
 * Gives state and lock to a successor that is loaded and waits for them, in the order in which one process at a time
 * owns them: changes under way end and new ones wait, the provider lets go, the lock is passed on, the successor opens
 * the state and serves. Calls go on all the time, by this gateway's last route table.
 *
 * @returns where the successor takes what is forwarded
 * @throws Error that says why it does not serve; this gateway owns everything again, and the successor is no more
 */
export async function handOver(successor: Successor, deps: HandOverDeps): Promise<string> {
  const { gateway, provider, lock, pid, createProvider } = deps;
  let handedOver: unknown;
  let detached = false;
  try {
    await gateway.hold();
    handedOver = await provider.detach();
    detached = true;
    lock.passTo(successor.pid);
    return await successor.start(handedOver);
  } catch (error) {
    await successor.kill();
    if (detached) {
      lock.passTo(pid);
      await provider.replace(await createProvider(handedOver));
    }
    gateway.resume();
    throw error;
  }
}
