// npm run build:images: the images that Dunlin ships, in the Docker Engine that DOCKER_HOST names. So far
// dunlin/watchdog, from the executable that `npm run build` makes, as :latest and under its version.
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { openEngine } from '../faas-cli/images/engine.ts';
import { buildWatchdogImage, WATCHDOG_IMAGE } from '../faas-cli/images/watchdog-image.ts';
import { printError } from '../faas-cli/print-error.ts';

const root = join(import.meta.dirname, '..');
const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interrupted.abort());

try {
  const { signal } = interrupted;
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  const machine = { home: homedir(), platform: process.platform, arch: process.arch, uid: process.getuid?.() };
  const engine = await openEngine({ env: process.env, machine, signal });
  const watchdog = join(root, 'dist', `fwatchdog-linux-${process.arch}`);
  const id = await buildWatchdogImage(engine, { assets: () => root, watchdog, signal });
  const [repo] = WATCHDOG_IMAGE.split(':');
  await engine.docker.getImage(id).tag({ repo: repo!, tag: version });
  process.stdout.write(`${WATCHDOG_IMAGE} and ${repo}:${version} are ${id}\n`);
} catch (error) {
  printError(error, process);
  process.exitCode = 1;
}
