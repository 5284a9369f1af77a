import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type Docker from 'dockerode';
import { freePort } from '../../common/free-port.ts';
import { RecordingGateway } from '../../faas-cli/testing/recording-gateway.ts';
import { buildExecutable, EXECUTABLES } from '../harness/executable.ts';
import { type Finished, run } from '../harness/platform.ts';
import { CTRL_C, Terminal } from '../harness/terminal.ts';
import { BUILD_ARGS, type Engines, forget, REGISTRY, startEngines, tagsOf } from './engine.ts';
import { privateRegistry } from './private-registry.ts';
import { type SwarmGateway, startSwarmGateway } from './swarm-gateway.ts';

/** What ships: a single file, which needs no Node. */
const PROGRAM = join(EXECUTABLES, 'faas-cli');
const TEMPLATES = ['typescript', 'node', 'python3', 'go', 'bash', 'dockerfile'];
/** Of all that this run makes, so that nothing else is taken for it. */
const TEAM = `dunlin-test-${process.pid}`;
const WATCHDOG = 'dunlin/watchdog:latest';

let engines: Engines;
let docker: Docker;
let imagesBefore: ReadonlySet<string>;
let home: string;
let swarm: SwarmGateway;
/** One project with a function of each template. */
let project: string;

test.before(async () => {
  buildExecutable();
  engines = await startEngines();
  docker = engines.docker;
  imagesBefore = new Set((await docker.listImages({ all: true })).map(({ Id }) => Id));
  home = await mkdtemp(join(tmpdir(), 'dunlin-images-'));
  project = await mkdtemp(join(tmpdir(), 'dunlin-images-'));
  for (const template of TEMPLATES)
    await succeed(['new', '--lang', template, nameOf(template), '--prefix', `${REGISTRY}/${TEAM}`]);
  swarm = await startSwarmGateway(docker, `${TEAM}-gateway`);
  await succeed(['login', '-g', swarm.url, '--password-stdin'], { input: swarm.password });
});
test.after.always(async () => {
  await swarm?.[Symbol.asyncDispose]();
  if (docker) await removeImages();
  for (const repository of [...TEMPLATES.map(nameOf), 'large', 'wordcount'])
    await forget(`${TEAM}/${repository}`, 'latest');
  for (const folder of [home, project]) if (folder) await rm(folder, { recursive: true, force: true });
  await engines?.[Symbol.asyncDispose]();
});

const nameOf = (template: string) => `hello-${template}`;
const imageOf = (name: string) => `${REGISTRY}/${TEAM}/${name}`;

/** Images with a tag of this run, and the stages that were built for them; nobody else's. */
async function removeImages(): Promise<void> {
  for (const { RepoTags } of await docker.listImages())
    for (const tag of (RepoTags ?? []).filter((each) => each.includes(TEAM)))
      await docker.getImage(tag).remove({ force: true });
  // One that was pulled may keep the name that its digest gave it.
  for (const { RepoDigests } of await docker.listImages())
    for (const name of (RepoDigests ?? []).filter((each) => each.includes(TEAM)))
      await docker.getImage(name).remove({ force: true });
  for (const { Id } of await docker.listImages({ filters: { dangling: ['true'] } })) {
    if (imagesBefore.has(Id)) continue;
    const { Config } = await docker.getImage(Id).inspect();
    if (Config.WorkingDir === '/build') await docker.getImage(Id).remove();
  }
}

const environment = () => ({ HOME: home, DUNLIN_DATA: home, OPENFAAS_URL: 'http://127.0.0.1:9', NO_COLOR: '1' });

function cli(args: readonly string[], options: { cwd?: string; input?: string; env?: Record<string, string> } = {}) {
  const env = { ...environment(), ...options.env };
  return run([PROGRAM, ...args], { cwd: project, ...options, env });
}

async function succeed(args: readonly string[], options: Parameters<typeof cli>[1] = {}): Promise<Finished> {
  const done = await cli(args, options);
  if (done.code !== 0) throw new Error(`faas-cli ${args.join(' ')}: ${done.code}\n${done.stdout}${done.stderr}`);
  return done;
}

/** A project with one function of the dockerfile template. */
async function dockerfileProject(t: ExecutionContext, image: string, dockerfile: string): Promise<string> {
  const cwd = await mkdtemp(join(tmpdir(), 'dunlin-images-'));
  t.teardown(() => rm(cwd, { recursive: true, force: true }));
  await succeed(['new', '--lang', 'dockerfile', 'one', '--quiet'], { cwd });
  await writeFile(join(cwd, 'one/Dockerfile'), dockerfile);
  const stack = await readFile(join(cwd, 'stack.yaml'), 'utf8');
  await writeFile(join(cwd, 'stack.yaml'), stack.replace(/image: .*/, `image: ${image}`));
  return cwd;
}

const hasImage = (image: string): Promise<boolean> =>
  docker
    .getImage(image)
    .inspect()
    .then(
      () => true,
      (error: { statusCode?: number }) => {
        if (error.statusCode === 404) return false;
        throw error;
      },
    );

/** Starts a faas-cli that is to be killed, and resolves once it has printed `pattern`. */
async function startUntil(t: ExecutionContext, args: readonly string[], cwd: string, pattern: RegExp) {
  const child = spawn(PROGRAM, [...args], {
    cwd,
    env: { PATH: process.env.PATH, ...environment() },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.teardown(() => child.kill('SIGKILL'));
  let printed = '';
  child.stdout.setEncoding('utf8');
  await new Promise<void>((resolve, reject) => {
    child.stdout.on('data', (text: string) => pattern.test((printed += text)) && resolve());
    child.on('exit', (code) => reject(new Error(`faas-cli ended with ${code} before ${pattern}:\n${printed}`)));
  });
  return child;
}

/** A terminal in the project, whose `faas-cli` is the single file. */
async function openTerminal(t: ExecutionContext): Promise<Terminal> {
  const { NO_COLOR, ...env } = environment();
  const terminal = await Terminal.open(project, { ...env, PATH: `${EXECUTABLES}:${process.env.PATH}` });
  t.teardown(async () => {
    await terminal[Symbol.asyncDispose]();
    if (!t.passed) t.log(terminal.transcript);
  });
  return terminal;
}

test.serial('six templates are built two at a time, and the watchdog image that is missing is made once', async (t) => {
  await docker
    .getImage(WATCHDOG)
    .remove({ force: true })
    .catch(() => undefined);
  const terminal = await openTerminal(t);
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
});

test.serial('the images are pushed two at a time, and the registry has each under its tag', async (t) => {
  const terminal = await openTerminal(t);
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
  test.serial(`${template}: local-run answers from its container until Ctrl-C, and leaves none`, async (t) => {
    const name = nameOf(template);
    const terminal = await openTerminal(t);
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
  test.serial(`${template}, on a Swarm: deploy, invoke, logs, remove`, async (t) => {
    const name = nameOf(template);
    const terminal = await openTerminal(t);
    const only = `--filter ${name} -g ${swarm.url}`;
    const typed = async (line: string): Promise<string> => {
      const { code, text } = await terminal.run(line);
      t.is(code, 0, `${line}\n${text}`);
      return text;
    };
    t.regex(await typed(`faas-cli deploy ${only}`), /Deployed\. 202 Accepted\./);
    t.regex(await typed(`faas-cli ready ${name} -g ${swarm.url}`), /is ready/);
    t.regex(await typed(`echo Ada | faas-cli invoke ${name} -g ${swarm.url}`), /Hello, Ada!/);
    t.regex(await typed(`faas-cli logs ${name} -g ${swarm.url} --tail=false`), /^\d{4}-\d\d-\d\dT\S+ \S/);
    t.regex(await typed(`faas-cli remove ${only}`), /Removing old function\./);
    t.notRegex(await typed(`faas-cli list -q -g ${swarm.url}`), new RegExp(`^${name}$`, 'm'));
  });

test.serial('local-run says what is in its way: a container of that name, an image that was not built', async (t) => {
  const name = nameOf('bash');
  const container = await docker.createContainer({ name, Image: imageOf(name) });
  t.teardown(() => container.remove({ force: true, v: true }));
  const localRun = ['local-run', '--builder', 'docker', '--build=false', '--port', '0'];
  const taken = await cli([...localRun, name]);
  t.is(taken.code, 1);
  t.regex(taken.stderr, new RegExp(`has a container "${name}" already; remove it with: docker rm -f ${name}`));
  const cwd = await dockerfileProject(t, imageOf('never'), 'FROM scratch\n');
  const missing = await cli(localRun, { cwd });
  t.is(missing.code, 1);
  t.regex(missing.stderr, /has not been built; leave out --build=false/);
});

test.serial(
  'store deploy builds what an engine cannot pull from its source, and pushes it to --registry',
  async (t) => {
    await using gateway = await RecordingGateway.create();
    gateway.answers.set('GET /system/info', (_request, response) =>
      response.end(JSON.stringify({ provider: { provider: 'faas-swarm', orchestration: 'swarm' }, version: {} })),
    );
    await succeed(['login', '-g', gateway.url, '--password-stdin'], { input: gateway.password });
    const args = ['store', 'deploy', 'wordcount', '-g', gateway.url];
    const hinted = await cli(args);
    t.is(hinted.code, 0, hinted.stderr);
    t.regex(hinted.stderr, /build it from its source and push it to a registry of yours: --registry HOST\/ACCOUNT/);
    const done = await cli([...args, '--registry', `${REGISTRY}/${TEAM}`]);
    t.is(done.code, 0, done.stderr);
    const image = imageOf('wordcount:latest');
    t.regex(done.stdout, new RegExp(`dunlin/wordcount:latest cannot be pulled; building ${image} from its source`));
    t.like(gateway.functions.get('wordcount'), { image });
    t.deepEqual(await tagsOf(`${TEAM}/wordcount`), ['latest']);
  },
);

/** Asks until the watchdog is ready, as long as the container runs. */
async function firstAnswer(url: string, isRunning: () => Promise<boolean>): Promise<Response> {
  for (;;) {
    const ready = await fetch(`${url}_/ready`).catch(() => undefined);
    if (ready?.ok) return fetch(url, { method: 'POST', body: 'Ada', headers: { 'content-type': 'text/plain' } });
    await ready?.body?.cancel();
    if (!(await isRunning())) throw new Error(`the container of ${url} has ended`);
  }
}

test.serial('a step that fails is told with its last lines, and leaves no image and no container', async (t) => {
  const image = imageOf('fails');
  const cwd = await dockerfileProject(t, image, 'FROM debian:bookworm-slim\nRUN echo so far; ls /there-is-none\n');
  const { code, stderr } = await cli(['build', '--builder', 'docker'], { cwd });
  t.is(code, 1);
  t.regex(stderr, /failed at step 2\/2, RUN echo so far; ls \/there-is-none: .*returned a non-zero code: 2/);
  t.regex(stderr, /last log lines:\n {2}so far\n {2}ls: cannot access '\/there-is-none'/);
  t.false(await hasImage(image));
  t.deepEqual(await docker.listContainers({ all: true, filters: { ancestor: [image] } }), []);
});

test.serial('a base image that nobody has is told by its name', async (t) => {
  const cwd = await dockerfileProject(t, imageOf('base'), `ARG BASE=${REGISTRY}/${TEAM}/none:1\nFROM \${BASE}\n`);
  const { code, stderr } = await cli(['build', '--builder', 'docker'], { cwd });
  t.is(code, 1);
  t.regex(stderr, new RegExp(`the base image ${REGISTRY}/${TEAM}/none:1 is not to be had`));
});

test.serial('what .dockerignore names is not sent, and the files keep their modes', async (t) => {
  const checks = ['! -e /app/secret', '! -e /app/a.log', '-e /app/kept.log', '-x /app/tool', '! -x /app/kept.log'];
  const dockerfile = `FROM debian:bookworm-slim\nCOPY . /app\nRUN ${checks.map((check) => `test ${check}`).join(' && ')}\n`;
  const cwd = await dockerfileProject(t, imageOf('ignores'), dockerfile);
  const files = {
    '.dockerignore': 'secret\n**/*.log\n!kept.log\n',
    secret: 'x',
    tool: '',
    'a.log': 'x',
    'kept.log': 'x',
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(cwd, 'one', name), text);
  await chmod(join(cwd, 'one/tool'), 0o755);
  const { code, stdout, stderr } = await cli(['build', '--builder', 'docker'], { cwd });
  t.is(code, 0, stdout + stderr);
});

async function mkdtempIn(t: ExecutionContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'dunlin-images-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

for (const signal of ['SIGKILL', 'SIGINT'] as const)
  test.serial(`a build that ends by ${signal} leaves no tag, no container and no temporary folder`, async (t) => {
    const image = imageOf(`killed-${signal.toLowerCase()}`);
    const cwd = await dockerfileProject(
      t,
      image,
      `FROM debian:bookworm-slim\nRUN echo ${signal} ${TEAM} && sleep 1000\n`,
    );
    const events = (await docker.getEvents({
      filters: { type: ['container'], event: ['destroy'] },
    })) as NodeJS.ReadableStream & { destroy(): void };
    t.teardown(() => events.destroy());
    const child = await startUntil(
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
    t.false(await hasImage(image));
    t.deepEqual((await readdir(join(cwd, 'build'))).sort(), ['one']);
  });

test.serial('a push that is killed half-way leaves no tag, and the next one is whole', async (t) => {
  const image = imageOf('large');
  const cwd = await dockerfileProject(
    t,
    image,
    // The second layer takes long enough to be caught on its way; the first is over at once.
    'FROM debian:bookworm-slim\nRUN head -c 1000 /dev/urandom > /small\nRUN head -c 80000000 /dev/urandom > /large\n',
  );
  await succeed(['build', '--builder', 'docker'], { cwd });
  const child = await startUntil(t, ['push', '--builder', 'docker'], cwd, /\[0\] [0-9a-f]{12}: (Pushed|Layer|Mounted)/);
  child.kill('SIGKILL');
  await once(child, 'exit');
  t.deepEqual(await tagsOf(`${TEAM}/large`), []);
  await succeed(['push', '--builder', 'docker'], { cwd });
  t.deepEqual(await tagsOf(`${TEAM}/large`), ['latest']);
});

test.serial('a registry that refuses names registry-login, after which it takes the image', async (t) => {
  const registry = await privateRegistry(t);
  const image = `${registry}/${TEAM}/private:1`;
  const cwd = await dockerfileProject(t, image, 'FROM scratch\nCOPY handler.sh /\n');
  await succeed(['build', '--builder', 'docker'], { cwd });
  const env = { DOCKER_CONFIG: await mkdtempIn(t) };
  const push = () => cli(['push', '--builder', 'docker'], { cwd, env });
  const login = (input: string) =>
    cli(['registry-login', '--server', registry, '-u', 'ada', '--password-stdin'], { cwd, env, input });

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
  t.is((await cli(['build', '--builder', 'docker'], { cwd, env })).code, 0);
});

test.serial(
  'a registry that does not answer, an image that was not built, and a name without registry are told apart',
  async (t) => {
    const nobody = `127.0.0.1:${await freePort()}`;
    const cwd = await dockerfileProject(t, `${nobody}/${TEAM}/a`, 'FROM scratch\nCOPY handler.sh /\n');
    const push = async () => (await cli(['push', '--builder', 'docker'], { cwd })).stderr;
    t.regex(await push(), /There is no image .*\/a:latest in the engine; run first: faas-cli build/);
    await succeed(['build', '--builder', 'docker'], { cwd });
    t.regex(await push(), new RegExp(`the registry ${nobody} cannot be reached from the engine`));
    const stack = await readFile(join(cwd, 'stack.yaml'), 'utf8');
    await writeFile(join(cwd, 'stack.yaml'), stack.replace(/image: .*/, 'image: plain'));
    t.regex(await push(), /"plain:latest" names no registry or account/);
  },
);
