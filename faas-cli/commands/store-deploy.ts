import type { GatewayClient } from '../../provider/client.ts';
import { functionName } from '../../provider/wire/names.ts';
import type { Context } from '../context.ts';
import { checkDeployMode, deployAll } from '../deploy/deploy-all.ts';
import { deploymentOf } from '../deploy/deployment.ts';
import { connectionOf } from '../stack/connect-with-stack.ts';
import { keyValues } from '../stack/key-values.ts';
import { bundleFromSource, canBePulled, imageFromSource } from '../store/build-from-source.ts';
import {
  asStackFunction,
  findInStore,
  platformOf,
  readStore,
  requireImage,
  type StoreFunction,
} from '../store/store-file.ts';
import { defineCommand } from './command.ts';
import { deploymentFlags, gatewayFlags, namespaceFlags } from './flag-sets.ts';
import { storeFlags } from './store-flags.ts';

export const storeDeploy = defineCommand({
  usage: 'NAME|TITLE [flags]',
  description:
    'On the embedded engine, the functions of our own store are built from their source. For other engines --registry builds the image of one that cannot be pulled, and pushes it there.',
  examples: [
    'faas-cli store deploy figlet',
    'faas-cli store deploy figlet --name banner -l team=web',
    'faas-cli store deploy figlet --registry ghcr.io/ada',
  ],
  args: [1, 1],
  flags: {
    ...storeFlags,
    ...gatewayFlags,
    ...namespaceFlags,
    ...deploymentFlags,
    name: { type: 'string', doc: "Name to deploy it under (default: the store's)" },
    registry: { type: 'string', value: 'host/account', doc: 'Where to push the image of one that cannot be pulled' },
    'build-arg': { type: 'strings', short: 'b', value: 'key=value', doc: 'Build argument of that image' },
  },
  async run(context, [wanted], flags) {
    checkDeployMode(flags);
    const found = findInStore(await readStore(flags, context), wanted!);
    const published = requireImage(found, platformOf(flags, context));
    const name = functionName('--name', flags.name ?? found.name);
    const client = await context.connect(connectionOf(flags));
    const image = found.source
      ? await provide({ ...found, source: found.source }, published, flags, client, context)
      : published;
    const deployment = await deploymentOf(
      asStackFunction(found, name, image),
      image,
      flags,
      { readTemplate: false },
      context,
    );
    await deployAll(client, [deployment], flags, context);
  },
});

/** Sees to it that the engine finds the function, and returns the name by which it does. */
async function provide(
  { name, source }: StoreFunction & { readonly source: NonNullable<StoreFunction['source']> },
  published: string,
  flags: { readonly registry?: string | undefined; readonly 'build-arg': readonly string[] },
  client: GatewayClient,
  context: Context,
): Promise<string> {
  if ((await client.info(context.signal)).provider?.orchestration === 'embedded') {
    await bundleFromSource({ name, image: published, ...source }, client, context);
    return published;
  }
  if (flags.registry === undefined) {
    context.stderr.write(
      `If the engine cannot pull ${published}, build it from its source and push it to a registry of yours: --registry HOST/ACCOUNT\n`,
    );
    return published;
  }
  const image = `${flags.registry.replace(/\/+$/, '')}/${name}:latest`;
  const buildArgs = keyValues('build-arg', flags['build-arg']);
  if (await canBePulled(published, context)) return published;
  context.stdout.write(`${published} cannot be pulled; building ${image} from its source.\n`);
  await imageFromSource({ name, image, ...source }, buildArgs, context);
  return image;
}
