import { DEFAULT_NAMESPACE } from '../provider.ts';
import type { Conforms } from './bench.ts';

export function namespaceTests(conforms: Conforms): void {
  conforms('namespaces are made, changed and removed, with their labels', async (t, { provider, signal }) => {
    const dev = { name: 'dev', labels: { openfaas: '1' }, annotations: { owner: 'ada' } };
    await provider.createNamespace(dev, signal);
    await t.throwsAsync(provider.createNamespace(dev, signal), { code: 'namespace_exists' });
    t.deepEqual(
      (await provider.listNamespaces(signal)).find(({ name }) => name === 'dev'),
      dev,
    );
    const changed = { ...dev, labels: { openfaas: '1', stage: 'test' } };
    await provider.updateNamespace(changed, signal);
    t.deepEqual(
      (await provider.listNamespaces(signal)).find(({ name }) => name === 'dev'),
      changed,
    );
    await provider.removeNamespace('dev', signal);
    t.false((await provider.listNamespaces(signal)).some(({ name }) => name === 'dev'));
    await t.throwsAsync(provider.updateNamespace(dev, signal), { code: 'namespace_not_found' });
    await t.throwsAsync(provider.removeNamespace('dev', signal), { code: 'namespace_not_found' });
    await t.throwsAsync(provider.removeNamespace(DEFAULT_NAMESPACE, signal), { code: 'invalid_request' });
  });

  conforms('the same name in two namespaces is two functions', async (t, { provider, watched, spec, signal }) => {
    await provider.createNamespace({ name: 'dev', labels: { openfaas: '1' }, annotations: {} }, signal);
    const inDev = spec('twin', { namespace: 'dev', envVars: { WHERE: 'dev' } });
    const standard = spec('twin', { envVars: { WHERE: 'default' } });
    await provider.deploy(inDev, signal);
    await provider.deploy(standard, signal);
    t.is((await watched.call(inDev, '/env/WHERE')).body, 'dev');
    t.is((await watched.call(standard, '/env/WHERE')).body, 'default');
    await t.throwsAsync(provider.removeNamespace('dev', signal), { code: 'invalid_request', message: /twin/ });
    await provider.remove(inDev, signal);
    await provider.removeNamespace('dev', signal);
    t.is((await watched.call(standard, '/env/WHERE')).body, 'default');
    await t.throwsAsync(provider.list('dev', signal), { code: 'namespace_not_found' });
  });

  conforms('long names that begin alike are names of their own', async (t, { provider, signal }) => {
    const names = ['a', 'b'].map((end) => `${'n'.repeat(62)}${end}`);
    for (const name of names) await provider.createNamespace({ name, labels: {}, annotations: {} }, signal);
    const listed = (await provider.listNamespaces(signal)).map(({ name }) => name);
    t.deepEqual(listed, [...names, DEFAULT_NAMESPACE]);
    for (const name of names) await provider.removeNamespace(name, signal);
  });
}
