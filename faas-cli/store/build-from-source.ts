import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { GatewayClient } from '../../provider/client.ts';
import { type BuildJob, type BuildSettings, buildFunction } from '../build/build-function.ts';
import type { Context } from '../context.ts';
import { pushBundle } from '../deploy/push-bundle.ts';
import { openEngine } from '../images/engine.ts';
import { ImageBuilder } from '../images/image-builder.ts';
import { checkPushable, parseImageName } from '../images/image-name.ts';
import { liveLines } from '../images/live-lines.ts';
import { pushImages } from '../images/push-images.ts';

export interface StoreSource {
  readonly name: string;
  readonly image: string;
  readonly lang: string;
  /** Folder in the store. */
  readonly handler: string;
}

/** Builds a function of our store for the embedded engine, and gives the gateway its bundle. */
export async function bundleFromSource(source: StoreSource, client: GatewayClient, context: Context): Promise<void> {
  await inProject(source, context, async (job, settings, place) => {
    await buildFunction(job, settings, place);
    await pushBundle(client, source, place);
  });
}

/** Builds the image of a function of our store in the Docker Engine, and pushes it to where its name says. */
export async function imageFromSource(
  source: StoreSource,
  buildArgs: Readonly<Record<string, string>>,
  context: Context,
): Promise<void> {
  const { name, image } = source;
  checkPushable(name, image);
  const live = liveLines(context);
  const images = { labels: {}, pull: false, squash: false, platform: undefined, quiet: false, live };
  try {
    await inProject(source, context, (job, settings, place) =>
      new ImageBuilder(images, place).build(
        { ...job, buildArgs, image },
        { ...settings, report: (line) => live.stdout.write(`${line}\n`) },
      ),
    );
  } finally {
    live.close();
  }
  await pushImages([source], { parallel: 1, quiet: false }, context);
}

/** Whether a registry has the image for those who ask without credentials. @throws FaasError when no engine answers */
export async function canBePulled(image: string, context: Context): Promise<boolean> {
  const { docker } = await openEngine(context);
  const { repository, tag } = parseImageName(image);
  return docker
    .getImage(`${repository}:${tag ?? 'latest'}`)
    .distribution()
    .then(
      () => true,
      () => false,
    );
}

/** A folder with the function's source, as of a project, that is gone afterwards. */
async function inProject(
  { name, lang, handler }: StoreSource,
  context: Context,
  build: (job: BuildJob, settings: BuildSettings, place: Context) => Promise<unknown>,
): Promise<void> {
  const cwd = await mkdtemp(join(tmpdir(), 'faas-store-'));
  try {
    await cp(join(context.assets(), 'store', handler), join(cwd, name), { recursive: true });
    const report = (line: string) => void context.stderr.write(`${line}\n`);
    await build(
      { name, lang, handler: `./${name}`, copy: [], buildArgs: {}, buildOptions: [] },
      { shrinkwrap: false, noCache: false, debug: false, report, installCache: installCache(context) },
      { ...context, cwd },
    );
  } finally {
    await rm(cwd, { recursive: true, force: true });
  }
}

/** Dependencies of store functions, kept for the next time. */
const installCache = ({ env, machine }: Context): string =>
  join(env.XDG_CACHE_HOME || join(machine.home, '.cache'), 'dunlin', 'store');
