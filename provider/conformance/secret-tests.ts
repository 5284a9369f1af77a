import { DEFAULT_NAMESPACE } from '../provider.ts';
import { type Conforms, ZERO } from './bench.ts';

export function secretTests(conforms: Conforms): void {
  const secret = (name: string, text: string) => ({ name, namespace: DEFAULT_NAMESPACE, value: Buffer.from(text) });

  conforms('a function reads its secrets, and a new value without a new deployment', async (t, bench) => {
    const { provider, watched, spec, signal } = bench;
    await provider.createSecret(secret('db.password', 'first'), signal);
    await provider.createSecret(secret('api-key', 'key'), signal);
    const reader = spec('reader', { secrets: ['db.password', 'api-key'] });
    await provider.deploy(reader, signal);
    t.is((await watched.call(reader, '/secret/db.password')).body, 'first');
    t.is((await watched.call(reader, '/secret/api-key')).body, 'key');
    const before = watched.states.get('reader.openfaas-fn')!.ready;
    await provider.updateSecret(secret('db.password', 'second'), signal);
    if (bench.secretsRoll) {
      const isReplaced = ({ id }: { id: string }) => before.every((old) => old.id !== id);
      await watched.until(reader, ({ ready }) => ready.length === 1 && ready.every(isReplaced));
    } else t.deepEqual(watched.states.get('reader.openfaas-fn')!.ready, before);
    t.is((await watched.call(reader, '/secret/db.password')).body, 'second');
    t.deepEqual((await provider.describe(reader, { usage: false }, signal)).secrets, ['db.password', 'api-key']);
  });

  conforms('secrets are listed by name, made once, and not removed while in use', async (t, bench) => {
    const { provider, spec, signal } = bench;
    await provider.createSecret(secret('b', '1'), signal);
    await provider.createSecret(secret('a', '1'), signal);
    t.deepEqual(
      (await provider.listSecrets(DEFAULT_NAMESPACE, signal)).map(({ name }) => name),
      ['a', 'b'],
    );
    await t.throwsAsync(provider.createSecret(secret('a', '2'), signal), { code: 'secret_exists' });
    await t.throwsAsync(provider.updateSecret(secret('c', '2'), signal), { code: 'secret_not_found' });
    await t.throwsAsync(provider.removeSecret(secret('c', ''), signal), {
      code: 'secret_not_found',
      message: /^(?!.*secret create)/,
    });
    await t.throwsAsync(provider.listSecrets('nowhere', signal), { code: 'namespace_not_found' });
    await provider.deploy(spec('user', { labels: ZERO, secrets: ['a'] }), signal);
    await t.throwsAsync(provider.removeSecret(secret('a', ''), signal), { code: 'invalid_request', message: /user/ });
    await provider.remove(spec('user'), signal);
    await provider.removeSecret(secret('a', ''), signal);
    t.deepEqual(
      (await provider.listSecrets(DEFAULT_NAMESPACE, signal)).map(({ name }) => name),
      ['b'],
    );
  });
}
