import { once } from 'node:events';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from '../../../common/free-port.ts';
import { RecordingGateway } from '../../../faas-cli/testing/recording-gateway.ts';
import { temporaryFolder } from '../../harness/temporary-folder.ts';
import { REGISTRY, tagsOf } from '../engine.ts';
import { privateRegistry } from '../private-registry.ts';
import { type ImagesTest, imageOf, TEAM } from './suite.ts';

/** What goes to a registry, and what stands in its way. */
export function registryTests(onImages: ImagesTest): void {
  onImages(
    'store deploy builds what an engine cannot pull from its source, and pushes it to --registry',
    async (t, { user }) => {
      await using gateway = await RecordingGateway.create();
      gateway.answers.set('GET /system/info', (_request, response) =>
        response.end(JSON.stringify({ provider: { provider: 'faas-swarm', orchestration: 'swarm' }, version: {} })),
      );
      await user.succeed(['login', '-g', gateway.url, '--password-stdin'], { input: gateway.password });
      const args = ['store', 'deploy', 'wordcount', '-g', gateway.url];
      const hinted = await user.cli(args);
      t.is(hinted.code, 0, hinted.stderr);
      t.regex(hinted.stderr, /build it from its source and push it to a registry of yours: --registry HOST\/ACCOUNT/);
      const done = await user.cli([...args, '--registry', `${REGISTRY}/${TEAM}`]);
      t.is(done.code, 0, done.stderr);
      const image = imageOf('wordcount:latest');
      t.regex(done.stdout, new RegExp(`dunlin/wordcount:latest cannot be pulled; building ${image} from its source`));
      t.like(gateway.functions.get('wordcount'), { image });
      t.deepEqual(await tagsOf(`${TEAM}/wordcount`), ['latest']);
    },
  );

  onImages('a push that is killed half-way leaves no tag, and the next one is whole', async (t, suite) => {
    const { user } = suite;
    const image = imageOf('large');
    const cwd = await suite.dockerfileProject(
      t,
      image,
      // The second layer takes long enough to be caught on its way; the first is over at once.
      'FROM debian:bookworm-slim\nRUN head -c 1000 /dev/urandom > /small\nRUN head -c 80000000 /dev/urandom > /large\n',
    );
    await user.succeed(['build', '--builder', 'docker'], { cwd });
    const child = await suite.startUntil(
      t,
      ['push', '--builder', 'docker'],
      cwd,
      /\[0\] [0-9a-f]{12}: (Pushed|Layer|Mounted)/,
    );
    child.kill('SIGKILL');
    await once(child, 'exit');
    t.deepEqual(await tagsOf(`${TEAM}/large`), []);
    await user.succeed(['push', '--builder', 'docker'], { cwd });
    t.deepEqual(await tagsOf(`${TEAM}/large`), ['latest']);
  });

  onImages('a registry that refuses names registry-login, after which it takes the image', async (t, suite) => {
    const { docker, user } = suite;
    const registry = await privateRegistry(t);
    const image = `${registry}/${TEAM}/private:1`;
    const cwd = await suite.dockerfileProject(t, image, 'FROM scratch\nCOPY handler.sh /\n');
    await user.succeed(['build', '--builder', 'docker'], { cwd });
    const env = { DOCKER_CONFIG: await temporaryFolder(t) };
    const push = () => user.cli(['push', '--builder', 'docker'], { cwd, env });
    const login = (input: string) =>
      user.cli(['registry-login', '--server', registry, '-u', 'ada', '--password-stdin'], { cwd, env, input });

    const refused = await push();
    t.is(refused.code, 1);
    t.regex(
      refused.stderr,
      new RegExp(`the registry ${registry} refuses it: .*faas-cli registry-login --server ${registry}`),
    );
    t.is((await login('wrong\n')).code, 0);
    t.is((await push()).code, 1);
    t.is((await login('secret\n')).code, 0);
    t.is(((await stat(join(env.DOCKER_CONFIG, 'config.json'))).mode & 0o777).toString(8), '600');
    const done = await push();
    t.is(done.code, 0, done.stderr);

    // A private base image needs the same credentials.
    await docker.getImage(image).remove({ force: true });
    await writeFile(join(cwd, 'one/Dockerfile'), `FROM ${image}\nCOPY handler.sh /again\n`);
    t.is((await user.cli(['build', '--builder', 'docker'], { cwd, env })).code, 0);
  });

  onImages(
    'a registry that does not answer, an image that was not built, and a name without registry are told apart',
    async (t, suite) => {
      const { user } = suite;
      const nobody = `127.0.0.1:${await freePort()}`;
      const cwd = await suite.dockerfileProject(t, `${nobody}/${TEAM}/a`, 'FROM scratch\nCOPY handler.sh /\n');
      const push = async () => (await user.cli(['push', '--builder', 'docker'], { cwd })).stderr;
      t.regex(await push(), /There is no image .*\/a:latest in the engine; run first: faas-cli build/);
      await user.succeed(['build', '--builder', 'docker'], { cwd });
      t.regex(await push(), new RegExp(`the registry ${nobody} cannot be reached from the engine`));
      const stack = await readFile(join(cwd, 'stack.yaml'), 'utf8');
      await writeFile(join(cwd, 'stack.yaml'), stack.replace(/image: .*/, 'image: plain'));
      t.regex(await push(), /"plain:latest" names no registry or account/);
    },
  );
}
