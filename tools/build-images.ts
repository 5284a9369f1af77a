// npm run build:images [-- --musl NAME=VALUE ...]: the images that Dunlin ships, in the Docker Engine that DOCKER_HOST
// names, as :latest and under their version: dunlin/watchdog, from the executable that `npm run build` makes, and
// dunlin/gateway. With --musl also dunlin/watchdog:alpine and :VERSION-alpine, from what `npm run build -- --musl` makes.
// NAME=VALUE is a build argument of the gateway's, such as NODE_IMAGE=registry.example/node:26.
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { FaasError } from '../common/errors.ts';
import { openEngine } from '../faas-cli/images/engine.ts';
import { ALPINE_WATCHDOG_IMAGE, buildWatchdogImage, WATCHDOG_IMAGE } from '../faas-cli/images/watchdog-image.ts';
import { printError } from '../faas-cli/print-error.ts';
import { buildGatewayImage, GATEWAY_IMAGE } from './gateway-image.ts';

const root = join(import.meta.dirname, '..');
const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interrupted.abort());

try {
  const { signal } = interrupted;
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  const machine = { home: homedir(), platform: process.platform, arch: process.arch, uid: process.getuid?.() };
  const engine = await openEngine({ env: process.env, machine, signal });
  const watchdog = join(root, 'dist', `fwatchdog-linux-${process.arch}`);
  const given = process.argv.slice(2);
  const buildArgs = Object.fromEntries(given.filter((each) => each !== '--musl').map(splitArgument));
  const name = async (id: string, image: string): Promise<void> => {
    const [repo, variant] = image.split(':');
    const tag = variant === 'latest' ? version : `${version}-${variant}`;
    await engine.docker.getImage(id).tag({ repo: repo!, tag });
    process.stdout.write(`${image} and ${repo}:${tag} are ${id}\n`);
  };
  for (const image of given.includes('--musl') ? [WATCHDOG_IMAGE, ALPINE_WATCHDOG_IMAGE] : [WATCHDOG_IMAGE])
    await name(await buildWatchdogImage(engine, { assets: () => root, watchdog, signal }, image), image);
  await name(await buildGatewayImage(engine, { root, buildArgs, signal }), GATEWAY_IMAGE);
} catch (error) {
  printError(error, process);
  process.exitCode = 1;
}

function splitArgument(given: string): [string, string] {
  const at = given.indexOf('=');
  if (at < 1)
    throw new FaasError('invalid_request', `a build argument must be like NODE_IMAGE=node:26, got "${given}"`);
  return [given.slice(0, at), given.slice(at + 1)];
}
