import { FaasError } from '../../common/errors.ts';
import { type BuildAllOptions, buildAll } from '../build/build-all.ts';
import { buildFunction } from '../build/build-function.ts';
import { type Builder, templateBuilder } from '../build/choose-builder.ts';
import type { Context } from '../context.ts';
import { type TaggedFunction, withImages } from '../deploy/images.ts';
import { keyValues } from '../stack/key-values.ts';
import type { StackFunction } from '../stack/stack.ts';
import { ImageBuilder } from './image-builder.ts';
import { liveLines } from './live-lines.ts';

export interface ImageFlags {
  readonly tag: string;
  readonly 'build-label': readonly string[];
  readonly pull: boolean;
  readonly squash: boolean;
  readonly platform?: string | undefined;
}

/** Builds functions as what `builder` says; where it says nothing, as what each one's template can. */
export async function buildWith(
  builder: Builder | undefined,
  options: Omit<BuildAllOptions, 'stdout' | 'make'> & ImageFlags & { readonly functions: readonly StackFunction[] },
  context: Context,
): Promise<void> {
  const labels = keyValues('build-label', options['build-label']);
  if (builder === 'bundle') return buildAll({ ...options, stdout: context.stdout }, context);
  const wanted = options.functions.filter(({ name }) => options.jobs.some((job) => job.name === name));
  const tagged = new Map((await withImages(wanted, options.tag, context.cwd)).map((each) => [each.fn.name, each]));
  const live = liveLines(context);
  const { pull, squash, platform, quiet } = options;
  const imageBuilder = new ImageBuilder({ labels, pull, squash, platform, quiet, live }, context);
  try {
    await buildAll(
      {
        ...options,
        stdout: live.stdout,
        async make(job, settings) {
          const chosen = builder ?? (await templateBuilder(job.lang, context));
          if (chosen === 'bundle') return buildFunction(job, settings, context);
          const { fn, image } = tagged.get(job.name)!;
          checkSecrets(fn);
          return imageBuilder.build({ ...job, image }, settings);
        },
      },
      context,
    );
  } finally {
    live.close();
  }
}

/** The engine's API takes them only from BuildKit's own clients. */
function checkSecrets({ name, buildSecrets }: StackFunction): void {
  if (Object.keys(buildSecrets).length === 0) return;
  throw new FaasError(
    'not_supported',
    `function ${name} has build_secrets, which "build" cannot give to the Docker Engine; use "faas-cli publish", which builds with buildx, or make do without them`,
  );
}

/** Functions by what they were built as. */
export async function byBuilder(
  builder: Builder | undefined,
  tagged: readonly TaggedFunction[],
  place: Pick<Context, 'cwd' | 'assets'>,
): Promise<Record<Builder, readonly { readonly name: string; readonly image: string }[]>> {
  const out: Record<Builder, { name: string; image: string }[]> = { bundle: [], docker: [] };
  for (const { fn, image } of tagged)
    out[builder ?? (await templateBuilder(fn.lang!, place))].push({ name: fn.name, image });
  return out;
}
