import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createSwarmProvider } from '../../../provider/swarm/swarm-provider.ts';
import { functionSpec } from '../../../provider/testing/function-spec.ts';
import { REGISTRY } from '../engine.ts';
import { privateRegistry } from '../private-registry.ts';
import { PROBE, type SwarmTest, TEAM } from './suite.ts';
import { pushImage, step, until } from './swarm-bench.ts';

/** What a deployment is refused for, and what is said of one that does not become ready. */
export function refusalTests(inSwarm: SwarmTest): void {
  inSwarm('what cannot be deployed is refused with its reason, and leaves nothing', async (t, suite) => {
    const { docker, stack } = suite;
    await docker.createService({
      Name: 'taken',
      TaskTemplate: { ContainerSpec: { Image: PROBE } },
      Mode: { Replicated: { Replicas: 0 } },
    });
    t.teardown(() => docker.getService('taken').remove());
    const refusals: readonly [number, RegExp, object][] = [
      [404, /not in the registry|does not have it/, { image: `${REGISTRY}/${TEAM}/none:1` }],
      [400, /no name of an image/, { image: 'No Such:Image:1'.replaceAll(' ', '') }],
      [400, /limits\.memory.*"lots"/, { limits: { memory: 'lots' } }],
      [400, /requests\.cpu.*"-1"/, { requests: { cpu: '-1' } }],
      [404, /secret "pass".*faas-cli secret create pass/, { secrets: ['pass'] }],
      [400, /constraints\[0\] must be like "node\.labels\.zone == a".*got "zone=a"/, { constraints: ['zone=a'] }],
      [400, /com\.dunlin\.pids.*"many"/, { annotations: { 'com.dunlin.pids': 'many' } }],
      [400, /is no function, which is left alone/, { service: 'taken' }],
    ];
    for (const [status, reason, more] of refusals) {
      const answer = await stack.api('POST', '/system/functions', { service: 'refused', image: PROBE, ...more });
      t.is(answer.status, status, answer.text);
      t.regex(answer.text, reason);
    }
    t.is((await stack.api('DELETE', '/system/functions', { functionName: 'taken' })).status, 404);
    t.is((await docker.listServices({ filters: { name: ['taken'] } })).length, 1);
    t.deepEqual(await docker.listServices({ filters: { name: ['refused'] } }), []);
  });

  inSwarm('a private registry needs credentials, which the gateway passes on to the nodes', async (t, suite) => {
    const { docker, user, stack } = suite;
    const registry = await privateRegistry(t);
    const image = `${registry}/${TEAM}/private:1`;
    const auth = { username: 'ada', password: 'secret' };
    await docker.getImage(PROBE).tag({ repo: image.slice(0, -':1'.length), tag: '1' });
    await pushImage(docker, image, auth);
    await docker.getImage(image).remove();
    const refused = await stack.api('POST', '/system/functions', { service: 'private', image });
    t.is(refused.status, 400);
    t.regex(refused.text, /asks for credentials.*dunlin_registry_config/);

    const registryConfig = join(user.home, 'registry.json');
    const auths = { [registry]: { auth: Buffer.from(`${auth.username}:${auth.password}`).toString('base64') } };
    await writeFile(registryConfig, JSON.stringify({ auths }));
    await using provider = await createSwarmProvider({ network: stack.network, registryConfig, log: () => undefined });
    const spec = functionSpec('private', image);
    await provider.deploy(spec, AbortSignal.timeout(60_000));
    await step(t, 'pulled with credentials, and ready', () => suite.untilAvailable('private', 1));
    await provider.remove(spec, AbortSignal.timeout(60_000));
  });

  inSwarm('describe says why a function is not ready: no node fits, or it crashes', async (t, suite) => {
    const { stack } = suite;
    await stack.api('POST', '/system/functions', {
      service: 'nowhere',
      image: PROBE,
      constraints: ['node.labels.moon == full'],
    });
    const nowhere = await step(t, 'no node fits', () => until(async () => (await suite.describe('nowhere')).failure));
    t.is(nowhere.code, 'no_replica');
    t.regex(nowhere.message, /No node can run .*scheduling constraints not satisfied .*change constraints/);
    await stack.api('POST', '/system/functions', { service: 'crashes', image: PROBE, envVars: { FAIL_START: '1' } });
    const crashed = await step(t, 'it crashes', () => until(async () => (await suite.describe('crashes')).failure));
    t.like(crashed, { code: 'replica_crashed', exitCode: 7 });
    t.true(crashed.lastLogLines.some((line) => line.includes('no database at db.example')));
    for (const functionName of ['nowhere', 'crashes']) await stack.api('DELETE', '/system/functions', { functionName });
  });
}
