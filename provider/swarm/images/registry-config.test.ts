import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { registryAuth, registryOf } from './registry-config.ts';

async function config(t: ExecutionContext, content: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'dunlin-registry-'));
  t.teardown(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, 'config.json'), content);
  return join(folder, 'config.json');
}

test('credentials are found by the registry of the image', async (t) => {
  const auth = Buffer.from('ada:se:cret').toString('base64');
  const file = await config(
    t,
    JSON.stringify({ auths: { 'registry.example:5000': { auth }, 'https://index.docker.io/v1/': { auth } } }),
  );
  t.like(await registryAuth(file, registryOf('registry.example:5000/a/b:1')), { username: 'ada', password: 'se:cret' });
  t.like(await registryAuth(file, registryOf('library/b')), { username: 'ada', password: 'se:cret' });
  t.is(await registryAuth(file, registryOf('ghcr.io/a/b')), undefined);
  t.is(await registryAuth('', 'ghcr.io'), undefined);
});

test('a file that cannot be read is named with its variable', async (t) => {
  const wrong = { code: 'invalid_request', message: /dunlin_registry_config: cannot read .*config\.json/ } as const;
  await t.throwsAsync(registryAuth(await config(t, 'no json'), 'ghcr.io'), wrong);
  await t.throwsAsync(registryAuth('/none/config.json', 'ghcr.io'), wrong);
});
