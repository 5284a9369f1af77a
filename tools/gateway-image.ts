import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileEntry, tarOf } from '../faas-cli/images/context-tar.ts';
import type { Engine } from '../faas-cli/images/engine.ts';
import { engineBuild } from '../faas-cli/images/engine-build.ts';
import { productVersion } from '../gateway/product.ts';

export const GATEWAY_IMAGE = 'dunlin/gateway:latest';

/** What the gateway is made of. */
const FILES = ['package.json', 'package-lock.json', 'tools/node'];
const ROOMS = ['common', 'provider', 'gateway'];
const DOCKERFILE = 'deploy/gateway.Dockerfile';

/**
 * Makes the gateway's image from the checkout at `root`.
 *
 * @param buildArgs such as NODE_IMAGE
 * @returns its id
 */
export async function buildGatewayImage(
  engine: Engine,
  { root, buildArgs, signal }: { root: string; buildArgs: Readonly<Record<string, string>>; signal: AbortSignal },
): Promise<string> {
  return engineBuild(engine, {
    name: 'gateway',
    context: tarOf(async (tar) => {
      tar.entry({ name: 'Dockerfile' }, await readFile(join(root, DOCKERFILE)));
      // Where the gateway looks for the commit that it reports.
      tar.entry({ name: '.git/HEAD' }, productVersion().sha);
      for (const name of [...FILES, ...(await Promise.all(ROOMS.map((room) => shippedFiles(root, room)))).flat()]) {
        const { size, mode } = await stat(join(root, name));
        await fileEntry(tar, { name, size, mode: mode & 0o755 }, join(root, name));
      }
    }),
    options: { t: GATEWAY_IMAGE, buildargs: { ...buildArgs } },
    args: buildArgs,
    signal,
    onLines: () => {},
  });
}

async function shippedFiles(root: string, room: string): Promise<string[]> {
  const all = await readdir(join(root, room), { recursive: true, withFileTypes: true });
  return all
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
    .filter((path) => !/\.test\.\w+$|\/(testing|conformance)\//.test(path))
    .sort();
}
