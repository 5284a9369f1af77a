import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FaasError } from '../../common/errors.ts';
import { buildAll } from '../build/build-all.ts';
import { contextOf } from '../build/build-function.ts';
import { isBuilt, jobsOf } from '../build/jobs.ts';
import { withImages } from '../deploy/images.ts';
import { baseImages } from '../images/base-images.ts';
import { prepareBuildx, runBuildx } from '../images/buildx.ts';
import { checkImageName, checkPushable } from '../images/image-name.ts';
import { proxies } from '../images/proxies.ts';
import { WATCHDOG_IMAGE } from '../images/watchdog-image.ts';
import { functionsOf } from '../stack/functions-of.ts';
import { keyValues } from '../stack/key-values.ts';
import { pullMissing } from '../templates/pull-missing.ts';
import { defineCommand } from './command.ts';
import { buildFlags, envsubstFlags, singleFlags, tagFlags } from './flag-sets.ts';

const { builder: _builder, platform: _platform, squash: _squash, ...flagsOfBuild } = buildFlags;

export const publish = defineCommand({
  usage: '[-f STACK.YAML] --platforms linux/amd64,linux/arm64 --build-arg WATCHDOG=IMAGE [flags]',
  description:
    'Builds images for several platforms with docker buildx, which must be installed, and pushes them. The watchdog is copied from an image that a registry has for each platform: name it with --build-arg WATCHDOG=IMAGE.',
  examples: [
    'faas-cli publish --platforms linux/amd64,linux/arm64 --build-arg WATCHDOG=ghcr.io/you/watchdog:0.1.0',
    'faas-cli publish --platforms linux/arm64 --extra-tag stable --build-arg WATCHDOG=ghcr.io/you/watchdog:0.1.0',
  ],
  flags: {
    ...flagsOfBuild,
    ...singleFlags,
    ...envsubstFlags,
    ...tagFlags,
    platforms: { type: 'string', default: 'linux/amd64', value: 'list', doc: 'Platforms, with commas' },
    'extra-tag': { type: 'strings', value: 'tag', doc: 'Further tag of the image' },
  },
  async run(context, _args, flags) {
    const { cwd, env, signal } = context;
    if (!/^[a-z0-9]+(\/[a-z0-9]+){1,2}(,[a-z0-9]+(\/[a-z0-9]+){1,2})*$/.test(flags.platforms))
      throw new FaasError(
        'invalid_request',
        `--platforms must be like linux/amd64,linux/arm64, got "${flags.platforms}"`,
      );
    const labels = keyValues('build-label', flags['build-label']);
    const stack = await functionsOf(context, flags);
    const jobs = jobsOf(stack, flags);
    const tagged = await withImages(stack.functions.filter(isBuilt), flags.tag, cwd);
    for (const { fn, image } of tagged) {
      checkImageName(fn.name, image);
      checkPushable(fn.name, image);
    }
    const byName = new Map(tagged.map((each) => [each.fn.name, each]));
    if (!flags['disable-stack-pull']) await pullMissing(stack, context);
    if (!flags.shrinkwrap) await prepareBuildx({ env, signal });
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
  },
});

/** Buildx builds in a container of its own, which sees no image of the engine's. */
function checkWatchdog(name: string, dockerfile: string, buildArgs: Readonly<Record<string, string>>): void {
  if (!baseImages(dockerfile, buildArgs).includes(WATCHDOG_IMAGE)) return;
  throw new FaasError(
    'invalid_request',
    `function ${name}: publish takes the watchdog from a registry; push ${WATCHDOG_IMAGE} for each platform and name it with --build-arg WATCHDOG=IMAGE`,
  );
}
