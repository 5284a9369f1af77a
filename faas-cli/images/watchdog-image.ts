import { readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { FaasError } from '../../common/errors.ts';
import type { Surroundings } from '../context.ts';
import { fileEntry, tarOf } from './context-tar.ts';
import type { Engine } from './engine.ts';
import { engineBuild } from './engine-build.ts';

/** What the templates' Dockerfiles copy the watchdog from, unless a build argument says otherwise. */
export const WATCHDOG_IMAGE = 'dunlin/watchdog:latest';

const EXECUTABLE_ARCH: Readonly<Record<string, string>> = { amd64: 'x64', arm64: 'arm64', aarch64: 'arm64' };

/**
 * Makes the watchdog's image from the executable that comes with faas-cli (deploy/watchdog.Dockerfile).
 *
 * @throws FaasError `not_found` when the executable is missing; `not_supported` for an engine of another machine
 */
export async function buildWatchdogImage(
  engine: Engine,
  place: Pick<Surroundings, 'assets' | 'watchdog' | 'signal'>,
): Promise<string> {
  const arch = EXECUTABLE_ARCH[engine.arch];
  if (!arch)
    throw new FaasError(
      'not_supported',
      `there is no watchdog for ${engine.arch}, the machine of the Docker Engine at ${engine.address}; it needs amd64 or arm64`,
    );
  const executable = join(dirname(place.watchdog), `fwatchdog-linux-${arch}`);
  const size = (await stat(executable).catch(whenMissing(executable))).size;
  const dockerfile = await readFile(join(place.assets(), 'deploy', 'watchdog.Dockerfile'), 'utf8');
  return engineBuild(engine, {
    name: 'watchdog',
    context: tarOf(async (tar) => {
      tar.entry({ name: 'Dockerfile' }, dockerfile);
      await fileEntry(tar, { name: `dist/fwatchdog-linux-${arch}`, size, mode: 0o755 }, executable);
    }),
    options: { t: WATCHDOG_IMAGE, buildargs: { ARCH: arch } },
    args: {},
    signal: place.signal,
    onLines: () => {},
  });
}

const whenMissing = (executable: string) => (cause: unknown) => {
  throw new FaasError(
    'not_found',
    `the image ${WATCHDOG_IMAGE} is not in the engine, and ${executable}, from which it is made, is missing; run "npm run build" in the checkout, or name an image that holds /fwatchdog with --build-arg WATCHDOG=IMAGE`,
    { cause },
  );
};
