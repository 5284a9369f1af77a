import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { FaasError } from '../../common/errors.ts';
import type { BundleManifest } from '../../provider/wire/bundle.ts';
import type { Context } from '../context.ts';
import { findTemplate } from '../templates/find-template.ts';
import type { BundleRecipe, Template } from '../templates/template.ts';
import { assembleContext, type BuildContext } from './assemble.ts';
import { bundleModule } from './bundle-module.ts';
import { install } from './install.ts';
import { type PackedBundle, packBundle } from './pack.ts';

/** One function to build. */
export interface BuildJob {
  readonly name: string;
  readonly lang: string;
  readonly handler: string;
  readonly copy: readonly string[];
  readonly buildArgs: Readonly<Record<string, string>>;
  readonly buildOptions: readonly string[];
}

export interface BuildSettings {
  /** Only make the build context. */
  readonly shrinkwrap: boolean;
  readonly noCache: boolean;
  /** Shows the output of install steps. */
  readonly debug: boolean;
  /** Where what install steps make is kept; `./build/.cache` without it. */
  readonly installCache?: string;
  /** Gets lines for people. */
  readonly report: (line: string) => void;
}

/** The surroundings that a build needs. */
export type BuildPlace = Pick<Context, 'cwd' | 'assets' | 'bundler' | 'env' | 'signal'>;

/** Where a function's bundle is, in the project. */
export const bundleFile = (cwd: string, name: string): string => join(cwd, 'build', `${name}.tar`);

/**
 * Builds a function for the embedded engine; undefined when only the build context was wanted.
 *
 * @throws FaasError that says which of the user's files, fields or commands is at fault
 */
export async function buildFunction(
  job: BuildJob,
  settings: BuildSettings,
  place: BuildPlace,
): Promise<PackedBundle | undefined> {
  const { cwd, env, signal } = place;
  const { template, context, additionalPackages } = await contextOf(job, place);
  if (settings.shrinkwrap) {
    settings.report(`The build context of ${job.name} is in ./build/${job.name}`);
    return undefined;
  }
  const recipe = template.bundle;
  if (!recipe)
    throw new FaasError(
      'not_supported',
      `template ${template.name} has no "bundle:" section in its template.yml, so ${job.name} cannot run on the embedded engine; take another (faas-cli template list), or a gateway on Docker Swarm`,
    );
  const cache = settings.installCache ?? join(cwd, 'build', '.cache');
  await install(recipe.install, {
    template,
    context,
    cache,
    env: { ...env, ...job.buildArgs, ADDITIONAL_PACKAGE: additionalPackages },
    signal,
    noCache: settings.noCache,
    onSlow: (run) => settings.report(`Installing dependencies of ${job.name}: ${run}`),
    onOutput: settings.debug ? (text) => settings.report(text.trimEnd()) : undefined,
  });
  return packBundle({
    manifest: manifestOf(template, recipe),
    contents:
      recipe.mode === 'module' ? await moduleContents(job, context, recipe, place) : [{ path: context.folder, as: '' }],
    linkedFolders: [cache, join(context.source, 'node_modules')],
    file: bundleFile(cwd, job.name),
    signal,
  });
}

export interface FunctionContext {
  readonly template: Template;
  readonly context: BuildContext;
  /** Packages of the build options, sorted, with a space between them. */
  readonly additionalPackages: string;
}

/** Makes `./build/NAME`, from which bundles and images are built (contract 5.6, steps 1 to 4). */
export async function contextOf(job: BuildJob, place: Pick<BuildPlace, 'cwd' | 'assets'>): Promise<FunctionContext> {
  const { name, handler, copy } = job;
  const template = await findTemplate(place, job.lang);
  const context = await assembleContext({ cwd: place.cwd, name, template, handler, extras: copy });
  return { template, context, additionalPackages: packagesOf(job, template) };
}

/** The bundled handler, and the extra paths where the handler's folder would have them. */
async function moduleContents(job: BuildJob, context: BuildContext, recipe: BundleRecipe, place: BuildPlace) {
  const bundled = await bundleModule({
    name: job.name,
    context,
    entry: recipe.entry!,
    handler: job.handler,
    bundler: place.bundler,
    env: place.env,
    signal: place.signal,
  });
  for (const extra of context.extras) {
    const to = join(bundled, extra);
    await rm(to, { recursive: true, force: true });
    await cp(join(context.folder, extra), to, { recursive: true, verbatimSymlinks: true });
  }
  return [{ path: bundled, as: '' }];
}

function manifestOf(template: Template, recipe: BundleRecipe): BundleManifest {
  return {
    version: 1,
    language: template.name,
    mode: recipe.mode,
    ...(recipe.process && recipe.mode !== 'module' && { process: recipe.process }),
    ...(recipe.mode === 'module' && { handler: 'handler.js' }),
    ...(recipe.staticPath && { staticPath: recipe.staticPath }),
    ...(Object.keys(recipe.environment).length > 0 && { environment: recipe.environment }),
  };
}

/** Packages of the build options, sorted (contract 5.6, step 5). */
function packagesOf({ name, buildOptions }: BuildJob, template: Template): string {
  const packages = buildOptions.flatMap((wanted) => {
    const option = template.buildOptions.find((known) => known.name === wanted);
    if (option) return option.packages;
    const known = template.buildOptions.map((each) => each.name).join(', ') || 'none';
    throw new FaasError(
      'invalid_request',
      `function ${name}: template ${template.name} has no build option "${wanted}"; it has: ${known}`,
    );
  });
  return [...new Set(packages)].sort().join(' ');
}
