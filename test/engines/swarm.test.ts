import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { root, run } from '../harness/platform.ts';
import { lifeTests } from './swarm/life-tests.ts';
import { loadTests } from './swarm/load-tests.ts';
import { nodeTests } from './swarm/node-tests.ts';
import { refusalTests } from './swarm/refusal-tests.ts';
import { PROBE, SwarmSuite, type SwarmTest, TEAM } from './swarm/suite.ts';
import { removeNetwork, runInNetwork, step } from './swarm/swarm-bench.ts';

let suite: SwarmSuite;
test.before(async () => {
  suite = await SwarmSuite.create();
});
test.after.always(() => suite?.[Symbol.asyncDispose]());

/**
 * One after the other, in one process: an engine is in one Swarm only, in which the conformance suite removes whatever
 * function it finds. The second test brings up the stack whose gateways the next ones need.
 */
const inSwarm: SwarmTest = (title, run) => test.serial(title, (t) => run(t, suite));

inSwarm('the conformance suite holds, in a container on the functions network', async (t, { docker }) => {
  await docker.createNetwork({ Name: TEAM, Driver: 'overlay', Attachable: true });
  t.teardown(() => removeNetwork(docker, TEAM));
  // AVA makes it where it is missing, and the checkout is read only in there.
  await mkdir(join(root, 'node_modules/.cache/ava'), { recursive: true });
  const { code, output } = await step(t, 'conformance suite', () =>
    runInNetwork(
      docker,
      TEAM,
      [
        'node',
        'node_modules/ava/entrypoints/cli.js',
        '--config',
        'ava.engines.config.js',
        'test/engines/swarm/conformance.ts',
      ],
      { env: [`DUNLIN_TEST_IMAGE=${PROBE}`, `DUNLIN_TEST_NETWORK=${TEAM}`, 'NO_COLOR=1'] },
    ),
  );
  t.log(
    output
      .split('\n')
      .filter((line) => /✔|✘|passed|failed/.test(line))
      .join('\n'),
  );
  t.is(code, 0, output);
});

inSwarm(
  'one command brings the stack up: two gateways, Prometheus, Alertmanager, NATS, all healthy',
  async (t, suite) => {
    await step(t, 'images, deploy/swarm/up, all services healthy', () => suite.bringUpStack(2));
    const { stack } = suite;
    t.is((await stack.gateways()).length, 2);
    const { status, text: body } = await stack.api('GET', '/system/info');
    t.is(status, 200);
    t.is(JSON.parse(body).provider.orchestration, 'swarm');
    const again = await run(['sh', join(root, 'deploy/swarm/up')], {
      env: { DUNLIN_STACK: `${TEAM}-never`, DOCKER_HOST: 'unix:///none' },
    });
    t.is(again.code, 1);
    t.regex(again.stderr, /No Docker Engine answers/);
  },
);

lifeTests(inSwarm);
loadTests(inSwarm);
refusalTests(inSwarm);
nodeTests(inSwarm);
