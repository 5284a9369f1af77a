import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { GatewayClient } from '../../provider/client.ts';
import { buildFunction } from '../build/build-function.ts';
import type { Context } from '../context.ts';
import { pushBundle } from '../deploy/push-bundle.ts';

export interface StoreSource {
  readonly name: string;
  readonly image: string;
  readonly lang: string;
  /** Folder in the store. */
  readonly handler: string;
}

/** Builds a function of our store, in a folder that is gone afterwards, and gives the gateway its bundle. */
export async function buildFromSource(source: StoreSource, client: GatewayClient, context: Context): Promise<void> {
  const { name, image, lang, handler } = source;
  const cwd = await mkdtemp(join(tmpdir(), 'faas-store-'));
  try {
    await cp(join(context.assets(), 'store', handler), join(cwd, name), { recursive: true });
    await buildFunction(
      { name, lang, handler: `./${name}`, copy: [], buildArgs: {}, buildOptions: [] },
      {
        shrinkwrap: false,
        noCache: false,
        debug: false,
        report: (line) => context.stderr.write(`${line}\n`),
        installCache: installCache(context),
      },
      { ...context, cwd },
    );
    await pushBundle(client, { name, image }, { ...context, cwd });
  } finally {
    await rm(cwd, { recursive: true, force: true });
  }
}

/** Dependencies of store functions, kept for the next time. */
const installCache = ({ env, machine }: Context): string =>
  join(env.XDG_CACHE_HOME || join(machine.home, '.cache'), 'dunlin', 'store');
