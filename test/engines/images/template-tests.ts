import { CTRL_C } from '../../harness/terminal.ts';
import { BUILD_ARGS, tagsOf } from '../engine.ts';
import { type ImagesTest, imageOf, nameOf, TEAM, TEMPLATES } from './suite.ts';

const WATCHDOG = 'dunlin/watchdog:latest';

/** A function of each template, from its image's build to its end on a Swarm: each test needs what the one before made. */
export function templateTests(onImages: ImagesTest): void {
  onImages(
    'six templates are built two at a time, and the watchdog image that is missing is made once',
    async (t, suite) => {
      const { docker } = suite;
      await docker
        .getImage(WATCHDOG)
        .remove({ force: true })
        .catch(() => undefined);
      const terminal = await suite.openTerminal(t);
      const args = BUILD_ARGS.map((arg) => `--build-arg ${arg}`).join(' ');
      const { code, text } = await terminal.run(
        `faas-cli build --builder docker --parallel 2 --build-label com.example.run=1 ${args}`,
      );
      t.is(code, 0, text);
      t.is(text.match(/Making the image dunlin\/watchdog:latest/g)?.length, 1);
      // While it goes on, the step of each is shown.
      t.regex(terminal.transcript, /\d+\/\d+\S* RUN /);
      for (const template of TEMPLATES) {
        t.regex(text, new RegExp(`< Building ${nameOf(template)} done in`));
        const { Config } = await docker.getImage(imageOf(nameOf(template))).inspect();
        t.is(Config.Labels['com.example.run'], '1');
        t.is(Config.User, '1000');
      }
    },
  );

  onImages('the images are pushed two at a time, and the registry has each under its tag', async (t, suite) => {
    const terminal = await suite.openTerminal(t);
    const { code, text } = await terminal.run('faas-cli push --builder docker --parallel 2');
    t.is(code, 0, text);
    // A bar for each layer.
    t.regex(terminal.transcript, /% of [\d.]+ MB/);
    for (const template of TEMPLATES) {
      t.regex(text, new RegExp(`< Pushing ${nameOf(template)} \\[.*\\] done in .*: sha256:[0-9a-f]{64}\\.`));
      t.deepEqual(await tagsOf(`${TEAM}/${nameOf(template)}`), ['latest']);
    }
  });

  for (const template of TEMPLATES)
    onImages(`${template}: local-run answers from its container until Ctrl-C, and leaves none`, async (t, suite) => {
      const { docker } = suite;
      const name = nameOf(template);
      const terminal = await suite.openTerminal(t);
      const typed = terminal.type(`faas-cli local-run ${name} --builder docker --build=false --port 0\n`);
      const [, url] = await terminal.shows(/Running \S+ on (\S+); Ctrl-C ends\.\n/, typed);
      const running = async () => (await docker.getContainer(name).inspect()).State.Running;
      const answer = await firstAnswer(`${url}/`, running);
      t.is(answer.status, 200);
      t.regex(await answer.text(), /Hello, Ada!/);
      terminal.type(CTRL_C);
      t.is((await terminal.finished(typed)).code, 130);
      await t.throwsAsync(docker.getContainer(name).inspect(), { message: /no such container/i });
    });

  for (const template of TEMPLATES)
    onImages(`${template}, on a Swarm: deploy, invoke, logs, remove`, async (t, suite) => {
      const { swarm } = suite;
      const name = nameOf(template);
      const terminal = await suite.openTerminal(t);
      const only = `--filter ${name} -g ${swarm.url}`;
      t.regex(await terminal.succeed(`faas-cli deploy ${only}`), /Deployed\. 202 Accepted\./);
      t.regex(await terminal.succeed(`faas-cli ready ${name} -g ${swarm.url}`), /is ready/);
      t.regex(await terminal.succeed(`echo Ada | faas-cli invoke ${name} -g ${swarm.url}`), /Hello, Ada!/);
      t.regex(await terminal.succeed(`faas-cli logs ${name} -g ${swarm.url} --tail=false`), /^\d{4}-\d\d-\d\dT\S+ \S/);
      t.regex(await terminal.succeed(`faas-cli remove ${only}`), /Removing old function\./);
      t.notRegex(await terminal.succeed(`faas-cli list -q -g ${swarm.url}`), new RegExp(`^${name}$`, 'm'));
    });

  onImages(
    'local-run says what is in its way: a container of that name, an image that was not built',
    async (t, suite) => {
      const { docker, user } = suite;
      const name = nameOf('bash');
      const container = await docker.createContainer({ name, Image: imageOf(name) });
      t.teardown(() => container.remove({ force: true, v: true }));
      const localRun = ['local-run', '--builder', 'docker', '--build=false', '--port', '0'];
      const taken = await user.cli([...localRun, name]);
      t.is(taken.code, 1);
      t.regex(taken.stderr, new RegExp(`has a container "${name}" already; remove it with: docker rm -f ${name}`));
      const cwd = await suite.dockerfileProject(t, imageOf('never'), 'FROM scratch\n');
      const missing = await user.cli(localRun, { cwd });
      t.is(missing.code, 1);
      t.regex(missing.stderr, /has not been built; leave out --build=false/);
    },
  );
}

/** Asks until the watchdog is ready, as long as the container runs. */
async function firstAnswer(url: string, isRunning: () => Promise<boolean>): Promise<Response> {
  for (;;) {
    const ready = await fetch(`${url}_/ready`).catch(() => undefined);
    if (ready?.ok) return fetch(url, { method: 'POST', body: 'Ada', headers: { 'content-type': 'text/plain' } });
    await ready?.body?.cancel();
    if (!(await isRunning())) throw new Error(`the container of ${url} has ended`);
  }
}
