import { spawn } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import type Docker from 'dockerode';
import { buildExecutable, EXECUTABLES, openTerminal } from '../../harness/executable.ts';
import { temporaryFolder } from '../../harness/temporary-folder.ts';
import type { Terminal } from '../../harness/terminal.ts';
import { CliUser } from '../cli-user.ts';
import { forget, REGISTRY, startEngines } from '../engine.ts';
import { type SwarmGateway, startSwarmGateway } from '../swarm-gateway.ts';

/** What ships: a single file, which needs no Node. */
const PROGRAM = join(EXECUTABLES, 'faas-cli');
export const TEMPLATES = ['typescript', 'node', 'python3', 'go', 'bash', 'dockerfile'];
/** Of all that this run makes, so that nothing else is taken for it. */
export const TEAM = `dunlin-test-${process.pid}`;

export const nameOf = (template: string): string => `hello-${template}`;
export const imageOf = (name: string): string => `${REGISTRY}/${TEAM}/${name}`;

/** Declares a test that gets what all of them share. */
export type ImagesTest = (title: string, run: (t: ExecutionContext, suite: ImagesSuite) => Promise<void>) => void;

/** An engine, a gateway of its Swarm, and a user of faas-cli whose project has a function of each template. */
export class ImagesSuite implements AsyncDisposable {
  readonly docker: Docker;
  readonly user: CliUser;
  readonly swarm: SwarmGateway;
  readonly #made: AsyncDisposableStack;

  private constructor(docker: Docker, user: CliUser, swarm: SwarmGateway, made: AsyncDisposableStack) {
    this.docker = docker;
    this.user = user;
    this.swarm = swarm;
    this.#made = made;
  }

  static async create(): Promise<ImagesSuite> {
    buildExecutable();
    await using made = new AsyncDisposableStack();
    const { docker } = made.use(await startEngines());
    const imagesBefore = new Set((await docker.listImages({ all: true })).map(({ Id }) => Id));
    const user = made.use(await CliUser.create(PROGRAM));
    made.defer(async () => {
      for (const repository of [...TEMPLATES.map(nameOf), 'large', 'wordcount'])
        await forget(`${TEAM}/${repository}`, 'latest');
    });
    made.defer(() => removeImages(docker, imagesBefore));
    for (const template of TEMPLATES)
      await user.succeed(['new', '--lang', template, nameOf(template), '--prefix', `${REGISTRY}/${TEAM}`]);
    const swarm = made.use(await startSwarmGateway(docker, `${TEAM}-gateway`));
    await user.succeed(['login', '-g', swarm.url, '--password-stdin'], { input: swarm.password });
    return new ImagesSuite(docker, user, swarm, made.move());
  }

  /** A project with one function of the dockerfile template. */
  async dockerfileProject(t: ExecutionContext, image: string, dockerfile: string): Promise<string> {
    const cwd = await temporaryFolder(t);
    await this.user.succeed(['new', '--lang', 'dockerfile', 'one', '--quiet'], { cwd });
    await writeFile(join(cwd, 'one/Dockerfile'), dockerfile);
    const stack = await readFile(join(cwd, 'stack.yaml'), 'utf8');
    await writeFile(join(cwd, 'stack.yaml'), stack.replace(/image: .*/, `image: ${image}`));
    return cwd;
  }

  hasImage(image: string): Promise<boolean> {
    return this.docker
      .getImage(image)
      .inspect()
      .then(
        () => true,
        (error: { statusCode?: number }) => {
          if (error.statusCode === 404) return false;
          throw error;
        },
      );
  }

  /** Starts a faas-cli that is to be killed, and resolves once it has printed `pattern`. */
  async startUntil(t: ExecutionContext, args: readonly string[], cwd: string, pattern: RegExp) {
    const child = spawn(PROGRAM, [...args], {
      cwd,
      env: { PATH: process.env.PATH, ...this.user.environment },
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

  /** A terminal in the project, which shows what only a terminal is shown. */
  openTerminal(t: ExecutionContext): Promise<Terminal> {
    const { NO_COLOR, ...env } = this.user.environment;
    return openTerminal(t, this.user.project, env);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#made.disposeAsync();
  }
}

/** Images with a tag of this run, and the stages that were built for them; nobody else's. */
async function removeImages(docker: Docker, imagesBefore: ReadonlySet<string>): Promise<void> {
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
