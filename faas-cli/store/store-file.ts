import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FaasError } from '../../common/errors.ts';
import type { Context } from '../context.ts';
import { download } from '../download.ts';
import type { StackFunction } from '../stack/stack.ts';
import { didYouMean } from '../suggest.ts';

/** An element of functions.json (contract 5.8). */
export interface StoreFunction {
  readonly title: string;
  readonly name: string;
  readonly author?: string;
  readonly description?: string;
  /** By platform, such as `x86_64`. */
  readonly images: Readonly<Record<string, string>>;
  readonly fprocess?: string;
  readonly repo_url?: string;
  /** Ours, for search. */
  readonly categories?: readonly string[];
  readonly readOnlyRootFilesystem?: boolean;
  readonly environment?: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  /** Ours: where the source is, in the store's folder. */
  readonly source?: { readonly lang: string; readonly handler: string };
}

export interface StoreFlags {
  readonly url?: string | undefined;
  readonly platform?: string | undefined;
}

const FETCH_TIMEOUT_MS = 30_000;

/**
 * The functions of `--url`, `$OPENFAAS_STORE`, or of the store that comes with faas-cli.
 *
 * @throws FaasError `invalid_request` when they cannot be read
 */
export async function readStore(flags: StoreFlags, context: Context): Promise<readonly StoreFunction[]> {
  const place = flags.url ?? context.env.OPENFAAS_STORE ?? join(context.assets(), 'store', 'functions.json');
  const text = /^https?:\/\//.test(place)
    ? await download('the store', place, FETCH_TIMEOUT_MS, context.signal)
    : await readLocal(place);
  const functions = parse(text, place);
  const fromElsewhere = flags.url !== undefined || context.env.OPENFAAS_STORE !== undefined;
  // Sources lie beside our own file only.
  return fromElsewhere ? functions.map(({ source: _, ...rest }) => rest) : functions;
}

/** Functions that have an image for the platform. */
export function forPlatform(functions: readonly StoreFunction[], platform: string): readonly StoreFunction[] {
  const fitting = functions.filter((fn) => imageFor(fn, platform) !== undefined);
  if (fitting.length > 0) return fitting;
  const known = [...new Set(functions.flatMap(({ images }) => Object.keys(images)))].sort().join(', ');
  throw new FaasError(
    'not_found',
    `no functions found in the store for platform '${platform}', try one of the following: ${known}`,
  );
}

/** By name or title, whatever their case. @throws FaasError `not_found` */
export function findInStore(functions: readonly StoreFunction[], wanted: string): StoreFunction {
  const lower = wanted.toLowerCase();
  const found = functions.find(({ name, title }) => name.toLowerCase() === lower || title.toLowerCase() === lower);
  if (found) return found;
  const names = functions.map(({ name }) => name);
  const hint = didYouMean(wanted, names, '; see: faas-cli store list');
  throw new FaasError('not_found', `there is no function "${wanted}" in the store${hint}`);
}

export function imageFor({ images }: StoreFunction, platform: string): string | undefined {
  const key = Object.keys(images).find((candidate) => candidate.toLowerCase() === platform.toLowerCase());
  return key === undefined ? undefined : images[key];
}

/** @throws FaasError `not_found` that names the platforms that there are images for */
export function requireImage(found: StoreFunction, platform: string): string {
  const image = imageFor(found, platform);
  if (image !== undefined) return image;
  throw new FaasError(
    'not_found',
    `function ${found.name} has no image for platform ${platform}; it has: ${Object.keys(found.images).join(', ')}`,
  );
}

/** As if it stood in a stack file. */
export const asStackFunction = (found: StoreFunction, name: string, image: string): StackFunction => ({
  name,
  image,
  fprocess: found.fprocess,
  environment: found.environment ?? {},
  environmentFiles: [],
  secrets: [],
  labels: found.labels ?? {},
  annotations: found.annotations ?? {},
  constraints: [],
  readonlyRootFilesystem: found.readOnlyRootFilesystem ?? false,
  skipBuild: true,
  buildOptions: [],
  buildArgs: {},
  buildSecrets: {},
});

const PLATFORMS: Readonly<Record<string, string>> = {
  'linux/amd64': 'x86_64',
  'linux/arm64': 'arm64',
  'linux/arm/v7': 'armhf',
  x64: 'x86_64',
  arm: 'armhf',
};

/** The store's name of `--platform`, or of this machine. */
export const platformOf = (flags: StoreFlags, { machine }: Pick<Context, 'machine'>): string => {
  const given = flags.platform ?? machine.arch;
  return PLATFORMS[given.toLowerCase()] ?? given;
};

function parse(text: string, place: string): readonly StoreFunction[] {
  let functions: unknown;
  try {
    functions = (JSON.parse(text) as { functions?: unknown }).functions;
  } catch (cause) {
    throw new FaasError('invalid_request', `the store ${place} is no JSON: ${(cause as Error).message}`, { cause });
  }
  if (!Array.isArray(functions)) throw new FaasError('invalid_request', `the store ${place} has no list "functions"`);
  return functions as StoreFunction[];
}

function readLocal(file: string): Promise<string> {
  return readFile(file, 'utf8').catch((cause: Error) => {
    throw new FaasError('invalid_request', `cannot read the store ${file}: ${cause.message}`, { cause });
  });
}
