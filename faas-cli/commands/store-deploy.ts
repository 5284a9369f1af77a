import { FaasError } from '../../common/errors.ts';
import { functionName } from '../../provider/wire/names.ts';
import { checkDeployMode, deployAll } from '../deploy/deploy-all.ts';
import { deploymentOf } from '../deploy/deployment.ts';
import { buildFromSource } from '../store/build-from-source.ts';
import { asStackFunction, findInStore, imageFor, platformOf, readStore } from '../store/store-file.ts';
import { defineCommand } from './command.ts';
import { deploymentFlags, gatewayFlags, namespaceFlags } from './flag-sets.ts';
import { storeFlags } from './store-flags.ts';

export const storeDeploy = defineCommand({
  usage: 'NAME|TITLE [flags]',
  description: 'On the embedded engine, the functions of our own store are built from their source.',
  examples: ['faas-cli store deploy figlet', 'faas-cli store deploy figlet --name banner -l team=web'],
  args: [1, 1],
  flags: {
    ...storeFlags,
    ...gatewayFlags,
    ...namespaceFlags,
    ...deploymentFlags,
    name: { type: 'string', doc: "Name to deploy it under (default: the store's)" },
  },
  async run(context, [wanted], flags) {
    checkDeployMode(flags);
    const found = findInStore(await readStore(flags, context), wanted!);
    const platform = platformOf(flags, context);
    const image = imageFor(found, platform);
    if (image === undefined)
      throw new FaasError(
        'not_found',
        `function ${found.name} has no image for platform ${platform}; it has: ${Object.keys(found.images).join(', ')}`,
      );
    const name = functionName('--name', flags.name ?? found.name);
    const client = await context.connect({
      gateway: flags.gateway,
      token: flags.token,
      tlsNoVerify: flags['tls-no-verify'],
      timeoutMs: flags.timeout,
    });
    if (found.source && (await client.info(context.signal)).provider?.orchestration === 'embedded')
      await buildFromSource({ name: found.name, image, ...found.source }, client, context);
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
