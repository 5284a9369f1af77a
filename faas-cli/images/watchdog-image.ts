import { readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { FaasError } from '../../common/errors.ts';
import type { Surroundings } from '../context.ts';
import { baseImages, finalBase } from './base-images.ts';
import { fileEntry, tarOf } from './context-tar.ts';
import type { Engine } from './engine.ts';
import { engineBuild } from './engine-build.ts';

/** What the templates' Dockerfiles copy the watchdog from, unless a build argument says otherwise. */
export const WATCHDOG_IMAGE = 'dunlin/watchdog:latest';
/** The same for images whose C library is musl, such as Alpine's. */
export const ALPINE_WATCHDOG_IMAGE = 'dunlin/watchdog:alpine';
/** Those that are made here, not pulled. */
export const WATCHDOG_IMAGES: readonly string[] = [WATCHDOG_IMAGE, ALPINE_WATCHDOG_IMAGE];

const EXECUTABLE_ARCH: Readonly<Record<string, string>> = { amd64: 'x64', arm64: 'arm64', aarch64: 'arm64' };

/**
 * Makes an image of the watchdog from the executable that comes with faas-cli (deploy/watchdog.Dockerfile).
 *
 * @throws FaasError `not_found` when the executable is missing; `not_supported` for an engine of another machine
 */
export async function buildWatchdogImage(
  engine: Engine,
  place: Pick<Surroundings, 'assets' | 'watchdog' | 'signal'>,
  image: string,
): Promise<string> {
  const arch = EXECUTABLE_ARCH[engine.arch];
  if (!arch)
    throw new FaasError(
      'not_supported',
      `there is no watchdog for ${engine.arch}, the machine of the Docker Engine at ${engine.address}; it needs amd64 or arm64`,
    );
  const variant = image === ALPINE_WATCHDOG_IMAGE ? `${arch}-musl` : arch;
  const executable = join(dirname(place.watchdog), `fwatchdog-linux-${variant}`);
  const size = (await stat(executable).catch(whenMissing(executable, image))).size;
  const dockerfile = await readFile(join(place.assets(), 'deploy', 'watchdog.Dockerfile'), 'utf8');
  return engineBuild(engine, {
    name: 'watchdog',
    context: tarOf(async (tar) => {
      tar.entry({ name: 'Dockerfile' }, dockerfile);
      await fileEntry(tar, { name: `dist/fwatchdog-linux-${variant}`, size, mode: 0o755 }, executable);
    }),
    options: { t: image, buildargs: { ARCH: variant } },
    args: {},
    signal: place.signal,
    onLines: () => {},
  });
}

/** A warning about a Dockerfile whose image would be built, and then not start: "fwatchdog: not found". */
export function watchdogWarning(
  name: string,
  dockerfile: string,
  buildArgs: Readonly<Record<string, string>>,
): string | undefined {
  const base = finalBase(dockerfile, buildArgs);
  if (!base || !/\balpine/i.test(base) || !baseImages(dockerfile, buildArgs).includes(WATCHDOG_IMAGE)) return undefined;
  return `Warning: function ${name}: ${WATCHDOG_IMAGE} does not start in ${base}, which has musl and not glibc; copy the watchdog from ${ALPINE_WATCHDOG_IMAGE}, and install what it needs there: RUN apk add --no-cache libstdc++`;
}

const whenMissing = (executable: string, image: string) => (cause: unknown) => {
  const command = image === ALPINE_WATCHDOG_IMAGE ? 'npm run build -- --musl' : 'npm run build';
  throw new FaasError(
    'not_found',
    `the image ${image} is not in the engine, and ${executable}, from which it is made, is missing; run "${command}" in the checkout, or name an image that holds /fwatchdog with --build-arg WATCHDOG=IMAGE`,
    { cause },
  );
};
