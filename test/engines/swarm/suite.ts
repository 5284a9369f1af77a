import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import type Docker from 'dockerode';
import type { FunctionStatus } from '../../../provider/provider.ts';
import { root, run } from '../../harness/platform.ts';
import { CliUser } from '../cli-user.ts';
import { forget, REGISTRY, startEngines } from '../engine.ts';
import { buildProbe, type Stack, startStack } from './stack.ts';
import { joinSwarm, pushImage, until } from './swarm-bench.ts';

/** Of all that this run makes, so that nothing else is taken for it. */
export const TEAM = `dunlin-test-${process.pid}`;
/** The image of the functions that the tests deploy. */
export const PROBE = `${REGISTRY}/${TEAM}/probe:1`;
/** Of a load, each with one call at a time. */
export const CLIENTS = 4;

/** Declares a test that gets what all of them share. */
export type SwarmTest = (title: string, run: (t: ExecutionContext, suite: SwarmSuite) => Promise<void>) => void;

/** A Swarm with the images that the tests need, a user of faas-cli, and the stack once it was brought up. */
export class SwarmSuite implements AsyncDisposable {
  readonly docker: Docker;
  readonly user: CliUser;
  readonly #made: AsyncDisposableStack;
  #stack: Stack | undefined;

  private constructor(docker: Docker, user: CliUser, made: AsyncDisposableStack) {
    this.docker = docker;
    this.user = user;
    this.#made = made;
  }

  static async create(): Promise<SwarmSuite> {
    await using made = new AsyncDisposableStack();
    const { docker } = made.use(await startEngines());
    made.defer(await joinSwarm(docker));
    const user = made.use(await CliUser.create(join(root, 'bin/faas-cli')));
    const built = await run(['npm', 'run', '--silent', 'build:images']);
    if (built.code !== 0) throw new Error(`npm run build:images: ${built.stdout}${built.stderr}`);
    made.defer(() => forget(`${TEAM}/hello`, 'latest'));
    made.defer(() => forget(`${TEAM}/probe`, '1'));
    made.defer(() => removeImages(docker));
    await buildProbe(PROBE);
    await pushImage(docker, PROBE);
    return new SwarmSuite(docker, user, made.move());
  }

  /** @throws Error when the test that brings it up has failed */
  get stack(): Stack {
    if (!this.#stack) throw new Error('there is no stack: the test that brings it up has failed');
    return this.#stack;
  }

  async bringUpStack(gateways: number): Promise<void> {
    this.#stack = await startStack(this.docker, TEAM, gateways);
    this.user.gateway = this.#stack.url;
  }

  /** The function as the API tells it. */
  async describe(name: string): Promise<Partial<FunctionStatus>> {
    const { status, text } = await this.stack.api('GET', `/system/function/${name}`);
    return status === 200 ? JSON.parse(text) : {};
  }

  untilAvailable(name: string, count: number): Promise<true> {
    return until(async () => {
      const { availableReplicas = 0, replicas = 0 } = await this.describe(name);
      return availableReplicas === count && replicas === count ? true : undefined;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack?.[Symbol.asyncDispose]();
    await this.#made.disposeAsync();
  }
}

async function removeImages(docker: Docker): Promise<void> {
  for (const { RepoTags, RepoDigests } of await docker.listImages())
    for (const name of [...(RepoTags ?? []), ...(RepoDigests ?? [])].filter((each) => each.includes(TEAM)))
      await docker
        .getImage(name)
        .remove({ force: true })
        .catch(() => undefined);
}
