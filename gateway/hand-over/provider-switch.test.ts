import test from 'ava';
import { FaasError } from '../../common/errors.ts';
import { DEFAULT_NAMESPACE } from '../../provider/provider.ts';
import { MemoryProvider } from '../testing/memory-provider.ts';
import { ProviderSwitch } from './provider-switch.ts';

const never = new AbortController().signal;
const hello = { name: 'hello', namespace: DEFAULT_NAMESPACE };

/** Refuses to scale from the moment it is told to let go, as the embedded engine does. */
class LeavingProvider extends MemoryProvider {
  readonly letGo = Promise.withResolvers<void>();
  #leaving = false;

  override async scale(ref: typeof hello, replicas: number): Promise<void> {
    if (this.#leaving) throw new FaasError('provider_unavailable', 'The engine is being stopped');
    await super.scale(ref, replicas);
  }

  async detach(): Promise<unknown> {
    this.#leaving = true;
    await this.letGo.promise;
    return 'what was handed over';
  }
}

test('a call that starts a function while the provider lets go waits for the next provider', async (t) => {
  const leaving = new LeavingProvider();
  await using provider = new ProviderSwitch(leaving);
  const detached = provider.detach();
  const scaled = provider.scale(hello, 1, never);
  leaving.letGo.resolve();
  t.is(await detached, 'what was handed over');
  const next = new MemoryProvider();
  await next.deploy({ ...hello, image: 'hello', labels: {}, annotations: {} });
  await provider.replace(next);
  await scaled;
  t.deepEqual(next.scaled, ['hello=1']);
});

test('a provider that does not let go goes on, and what waited is done by it', async (t) => {
  const staying = new MemoryProvider();
  await staying.deploy({ ...hello, image: 'hello', labels: {}, annotations: {} });
  Object.assign(staying, { detach: () => Promise.reject(new Error('a removal still drains')) });
  await using provider = new ProviderSwitch(staying);
  const detached = provider.detach();
  const scaled = provider.scale(hello, 2, never);
  await t.throwsAsync(detached, { message: 'a removal still drains' });
  await scaled;
  t.deepEqual(staying.scaled, ['hello=2']);
});
