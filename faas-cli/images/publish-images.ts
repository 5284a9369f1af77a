import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FaasError } from '../../common/errors.ts';
import { buildAll } from '../build/build-all.ts';
import { contextOf } from '../build/build-function.ts';
import { isBuilt, type JobFlags, jobsOf } from '../build/jobs.ts';
import type { Context } from '../context.ts';
import { withImages } from '../deploy/images.ts';
import { keyValues } from '../stack/key-values.ts';
import type { LoadedStack } from '../stack/load-stack.ts';
import { pullMissing } from '../templates/pull-missing.ts';
import { baseImages } from './base-images.ts';
import { prepareBuildx, resetQemu, runBuildx } from './buildx.ts';
import { checkImageName, checkPushable } from './image-name.ts';
import { proxies } from './proxies.ts';
import { WATCHDOG_IMAGES } from './watchdog-image.ts';

export interface PublishFlags extends JobFlags {
  readonly 'build-label': readonly string[];
  readonly 'disable-stack-pull': boolean;
  readonly 'extra-tag': readonly string[];
  readonly 'no-cache': boolean;
  readonly 'reset-qemu': boolean;
  readonly debug: boolean;
  readonly parallel: number;
  readonly platforms: string;
  readonly pull: boolean;
  readonly quiet: boolean;
  readonly shrinkwrap: boolean;
}

/**
 * Builds images for several platforms with docker buildx, and pushes them (contract 5.6).
 *
 * @throws FaasError that says which field, flag or step is at fault
 */
export async function publishImages(stack: LoadedStack, flags: PublishFlags, context: Context): Promise<void> {
  const { cwd, env, signal } = context;
  if (!/^[a-z0-9]+(\/[a-z0-9]+){1,2}(,[a-z0-9]+(\/[a-z0-9]+){1,2})*$/.test(flags.platforms))
    throw new FaasError(
      'invalid_request',
      `--platforms must be like linux/amd64,linux/arm64, got "${flags.platforms}"`,
    );
  const labels = keyValues('build-label', flags['build-label']);
  const jobs = jobsOf(stack, flags);
  const tagged = await withImages(stack.functions.filter(isBuilt), flags.tag, cwd);
  for (const { fn, image } of tagged) {
    checkImageName(fn.name, image);
    checkPushable(fn.name, image);
  }
  const byName = new Map(tagged.map((each) => [each.fn.name, each]));
  if (!flags['disable-stack-pull']) await pullMissing(stack, context);
  if (!flags.shrinkwrap) {
    await prepareBuildx({ env, signal });
    if (flags['reset-qemu']) await resetQemu({ env, signal });
  }
  await buildAll(
    {
      ...flags,
      noCache: flags['no-cache'],
      jobs,
      stdout: context.stdout,
      async make(job, { report, noCache }) {
        const { fn, image } = byName.get(job.name)!;
        const { context: made, additionalPackages } = await contextOf(job, context);
        if (flags.shrinkwrap) return report(`The build context of ${job.name} is in ./build/${job.name}`);
        const buildArgs = { ...proxies(env), ADDITIONAL_PACKAGE: additionalPackages, ...job.buildArgs };
        checkWatchdog(job.name, await readFile(join(made.folder, 'Dockerfile'), 'utf8'), buildArgs);
        const { buildSecrets } = fn;
        const { platforms, 'extra-tag': extraTags, pull } = flags;
        await runBuildx(
          { image, platforms, extraTags, buildArgs, buildSecrets, labels, noCache, pull, folder: made.folder },
          { env, signal, onLine: report },
        );
      },
    },
    context,
  );
}

/** Buildx builds in a container of its own, which sees no image of the engine's. */
function checkWatchdog(name: string, dockerfile: string, buildArgs: Readonly<Record<string, string>>): void {
  const image = baseImages(dockerfile, buildArgs).find((base) => WATCHDOG_IMAGES.includes(base));
  if (!image) return;
  throw new FaasError(
    'invalid_request',
    `function ${name}: publish takes the watchdog from a registry; push ${image} for each platform and name it with --build-arg WATCHDOG=IMAGE`,
  );
}
