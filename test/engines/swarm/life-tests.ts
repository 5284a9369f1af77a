import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { REGISTRY } from '../engine.ts';
import { PROBE, type SwarmTest, TEAM } from './suite.ts';
import { step, until } from './swarm-bench.ts';

/** The life of a function, one that faas-cli made and one that was there before. */
export function lifeTests(inSwarm: SwarmTest): void {
  inSwarm(
    'a function goes through new, build, push, deploy, invoke, scale, logs, secret, update and remove',
    async (t, suite) => {
      const { docker, user, stack } = suite;
      await step(t, 'login', () =>
        user.succeed(['login', '--username', 'admin', '--password-stdin'], { input: stack.password }),
      );
      await step(t, 'new', () =>
        user.succeed(['new', '--lang', 'javascript', 'hello', '--prefix', `${REGISTRY}/${TEAM}`, '--quiet']),
      );
      await writeFile(join(user.project, 'hello/handler.js'), HANDLER);
      const stackFile = join(user.project, 'stack.yaml');
      await writeFile(stackFile, `${(await readFile(stackFile, 'utf8')).trimEnd()}\n    secrets: [api-key]\n`);
      await step(t, 'secret create', () => user.succeed(['secret', 'create', 'api-key', '--from-literal', 'first']));
      await step(t, 'build', () => user.succeed(['build']));
      await step(t, 'push', () => user.succeed(['push']));
      await step(t, 'deploy', () => user.succeed(['deploy']));
      const invoke = () => user.cli(['invoke', 'hello'], { input: 'Ada' });
      const untilAllAnswer = (text: string) =>
        until(async () => {
          const answers = await Promise.all([invoke(), invoke(), invoke(), invoke()]);
          return answers.every(({ stdout }) => stdout.trim() === text) ? true : undefined;
        });
      await step(t, 'invoke', async () => t.is((await invoke()).stdout.trim(), 'v1 Ada first'));

      const [service] = await docker.listServices({ filters: { name: ['hello'] } });
      const { TaskTemplate } = service!.Spec as { TaskTemplate: { ContainerSpec: { Image: string } } };
      t.regex(TaskTemplate.ContainerSpec.Image, /@sha256:[0-9a-f]{64}$/, 'it is pinned to its digest');

      await step(t, 'scale to 3', async () => {
        await stack.api('POST', '/system/scale-function/hello', { serviceName: 'hello', replicas: 3 });
        await suite.untilAvailable('hello', 3);
      });
      await step(t, 'logs', async () =>
        t.regex(await user.succeed(['logs', 'hello', '--tail=false', '--lines', '50']), /called by Ada/),
      );
      await step(t, 'describe', async () => t.regex(await user.succeed(['describe', 'hello']), /RAM:/));
      await step(t, 'secret update, rolled through three replicas', async () => {
        await user.succeed(['secret', 'update', 'api-key', '--from-literal', 'second']);
        await untilAllAnswer('v1 Ada second');
      });
      t.is((await suite.describe('hello')).replicas, 3);
      await writeFile(join(user.project, 'hello/handler.js'), HANDLER.replace('v1', 'v2'));
      await step(t, 'update: up, all three replaced', async () => {
        await user.succeed(['up']);
        await until(async () => ((await suite.describe('hello')).updatedReplicas === 3 ? true : undefined));
        // The last old one serves until the Swarm knows that the new ones do.
        await untilAllAnswer('v2 Ada second');
      });
      t.is((await suite.describe('hello')).replicas, 3);
      t.regex((await user.cli(['secret', 'remove', 'api-key'])).stderr, /used by function "hello"/);
      await step(t, 'remove', () => user.succeed(['remove', 'hello']));
      t.deepEqual(await docker.listServices({ filters: { name: ['hello'] } }), []);
      await step(t, 'secret remove', () => user.succeed(['secret', 'remove', 'api-key']));
    },
  );

  inSwarm(
    'services made by hand as faas-swarm made them are listed, called, scaled, updated and removed',
    async (t, suite) => {
      const { docker, user, stack } = suite;
      const labels = {
        'com.openfaas.function': 'legacy',
        function: 'true',
        'com.openfaas.uid': '12345',
        'com.openfaas.annotations.topic': 'shore',
        team: 'birds',
      };
      await docker.createService({
        Name: 'legacy',
        Labels: labels,
        TaskTemplate: {
          ContainerSpec: { Image: PROBE, Labels: labels, Env: ['fprocess=node server.mjs', 'VERSION=old'] },
          RestartPolicy: { Condition: 'any', MaxAttempts: 5, Delay: 5_000_000_000 },
          Placement: { Constraints: ['node.platform.os == linux'] },
          Resources: { Limits: { MemoryBytes: 128 * 1024 ** 2 } },
          Networks: [{ Target: stack.network }],
        },
        Mode: { Replicated: { Replicas: 1 } },
        EndpointSpec: { Mode: 'dnsrr' },
      });
      await step(t, 'found and ready', () => suite.untilAvailable('legacy', 1));
      const { createdAt, ...found } = await suite.describe('legacy');
      t.like(found, {
        name: 'legacy',
        image: PROBE,
        envProcess: 'node server.mjs',
        envVars: { VERSION: 'old' },
        annotations: { topic: 'shore' },
        limits: { memory: '134217728' },
      });
      t.is(found.labels!.team, 'birds');
      t.truthy(createdAt);
      t.regex(await user.succeed(['list']), /legacy/);
      const version = async () => (await fetch(`${stack.url}/function/legacy/env/VERSION`)).text();
      t.is(await version(), 'old');
      await step(t, 'scaled', async () => {
        await stack.api('POST', '/system/scale-function/legacy', { serviceName: 'legacy', replicas: 2 });
        await suite.untilAvailable('legacy', 2);
      });
      await step(t, 'updated', async () => {
        const { status } = await stack.api('PUT', '/system/functions', {
          service: 'legacy',
          image: PROBE,
          envVars: { VERSION: 'new' },
        });
        t.is(status, 202);
        await until(async () => ((await suite.describe('legacy')).updatedReplicas === 2 ? true : undefined));
        await until(async () => ((await version()) === 'new' ? true : undefined));
      });
      t.is((await suite.describe('legacy')).replicas, 2);
      await step(t, 'removed', () => user.succeed(['remove', 'legacy']));
      t.deepEqual(await docker.listServices({ filters: { name: ['legacy'] } }), []);
    },
  );
}

const HANDLER = `import { readFileSync } from 'node:fs';
export default async (event) => {
  const name = String(event.body);
  console.log('called by', name);
  return 'v1 ' + name + ' ' + readFileSync('/var/openfaas/secrets/api-key', 'utf8');
};
`;
