import { once } from 'node:events';
import { chmod, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { REGISTRY } from '../engine.ts';
import { type ImagesTest, imageOf, TEAM } from './suite.ts';

/** Builds that fail, are ended, or must leave files out. */
export function buildTests(onImages: ImagesTest): void {
  onImages('a step that fails is told with its last lines, and leaves no image and no container', async (t, suite) => {
    const { docker, user } = suite;
    const image = imageOf('fails');
    const cwd = await suite.dockerfileProject(
      t,
      image,
      // Both to one stream: the engine keeps no order between two.
      'FROM debian:bookworm-slim\nRUN echo so far >&2; ls /there-is-none\n',
    );
    const { code, stderr } = await user.cli(['build', '--builder', 'docker'], { cwd });
    t.is(code, 1);
    t.regex(stderr, /failed at step 2\/2, RUN echo so far >&2; ls \/there-is-none: .*returned a non-zero code: 2/);
    t.regex(stderr, /last log lines:\n {2}so far\n {2}ls: cannot access '\/there-is-none'/);
    t.false(await suite.hasImage(image));
    t.deepEqual(await docker.listContainers({ all: true, filters: { ancestor: [image] } }), []);
  });

  onImages('a base image that nobody has is told by its name', async (t, suite) => {
    const { user } = suite;
    const cwd = await suite.dockerfileProject(
      t,
      imageOf('base'),
      `ARG BASE=${REGISTRY}/${TEAM}/none:1\nFROM \${BASE}\n`,
    );
    const { code, stderr } = await user.cli(['build', '--builder', 'docker'], { cwd });
    t.is(code, 1);
    t.regex(stderr, new RegExp(`the base image ${REGISTRY}/${TEAM}/none:1 is not to be had`));
  });

  onImages('what .dockerignore names is not sent, and the files keep their modes', async (t, suite) => {
    const { user } = suite;
    const checks = ['! -e /app/secret', '! -e /app/a.log', '-e /app/kept.log', '-x /app/tool', '! -x /app/kept.log'];
    const dockerfile = `FROM debian:bookworm-slim\nCOPY . /app\nRUN ${checks.map((check) => `test ${check}`).join(' && ')}\n`;
    const cwd = await suite.dockerfileProject(t, imageOf('ignores'), dockerfile);
    const files = {
      '.dockerignore': 'secret\n**/*.log\n!kept.log\n',
      secret: 'x',
      tool: '',
      'a.log': 'x',
      'kept.log': 'x',
    };
    for (const [name, text] of Object.entries(files)) await writeFile(join(cwd, 'one', name), text);
    await chmod(join(cwd, 'one/tool'), 0o755);
    const { code, stdout, stderr } = await user.cli(['build', '--builder', 'docker'], { cwd });
    t.is(code, 0, stdout + stderr);
  });

  for (const signal of ['SIGKILL', 'SIGINT'] as const)
    onImages(`a build that ends by ${signal} leaves no tag, no container and no temporary folder`, async (t, suite) => {
      const { docker } = suite;
      const image = imageOf(`killed-${signal.toLowerCase()}`);
      const cwd = await suite.dockerfileProject(
        t,
        image,
        `FROM debian:bookworm-slim\nRUN echo ${signal} ${TEAM} && sleep 1000\n`,
      );
      const events = (await docker.getEvents({
        filters: { type: ['container'], event: ['destroy'] },
      })) as NodeJS.ReadableStream & { destroy(): void };
      t.teardown(() => events.destroy());
      const child = await suite.startUntil(
        t,
        ['build', '--builder', 'docker'],
        cwd,
        new RegExp(`\\n\\[0\\] ${signal} ${TEAM}\\n`),
      );
      // Its output comes before the engine calls it running.
      const [container] = (await docker.listContainers({ all: true })).filter(({ Command }) => Command.includes(TEAM));
      t.truthy(container);
      child.kill(signal);
      const [code] = await once(child, 'exit');
      t.is(code, signal === 'SIGINT' ? 130 : null);
      for await (const chunk of events) if (String(chunk).includes(container!.Id)) break;
      t.false(await suite.hasImage(image));
      t.deepEqual((await readdir(join(cwd, 'build'))).sort(), ['one']);
    });
}
