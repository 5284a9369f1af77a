import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { startPlatform } from '../harness/platform.ts';

const asRoot = process.getuid?.() === 0 ? test : test.skip;

asRoot('a function reads its own secret, and neither that of another nor the credentials', async (t) => {
  await using platform = await startPlatform();
  const deployed = await platform.cli(['store', 'deploy', 'sha512sum']);
  t.is(deployed.code, 0, deployed.stderr);
  const { image } = (await (await platform.api('/system/function/sha512sum')).json()) as { image: string };
  for (const name of ['mine', 'theirs'])
    t.is((await platform.cli(['secret', 'create', name, '--from-literal', `value of ${name}`])).code, 0);

  /** Deploys sha512sum's bundle with another command, which the fork mode runs for each call. */
  const deploy = async (service: string, envProcess: string, secrets: string[]): Promise<string> => {
    const answer = await platform.api('/system/functions', {
      method: 'POST',
      body: { service, image, envProcess, secrets },
    });
    t.is(answer.status, 202, await answer.text());
    return (await platform.call(service, { method: 'POST' })).text();
  };
  const path = await deploy('where', 'printenv secrets_path', ['theirs']);
  t.is(await deploy('own', `sh -c 'cat "$secrets_path/mine"'`, ['mine']), 'value of mine');
  const gatewayFile = join(platform.dataDir, 'gateway.json');
  const { passwordFile } = JSON.parse(await readFile(gatewayFile, 'utf8'));
  for (const [service, file] of [
    ['another', join(path.trim(), 'theirs')],
    ['credentials', passwordFile],
    ['state', gatewayFile],
  ])
    t.regex(await deploy(service!, `sh -c 'cat ${file} 2>&1'`, ['mine']), /Permission denied/, file);
});
