import { checkDeployMode, deployAll } from '../deploy/deploy-all.ts';
import { deploymentOf } from '../deploy/deployment.ts';
import { withImages } from '../deploy/images.ts';
import { connectionOf } from '../stack/connect-with-stack.ts';
import { functionsOf } from '../stack/functions-of.ts';
import { defineCommand } from './command.ts';
import { deployFlags, envsubstFlags, gatewayFlags, namespaceFlags, singleFlags, tagFlags } from './flag-sets.ts';

export const deploy = defineCommand({
  usage: '[-f STACK.YAML] [--image NAME --name NAME] [flags]',
  examples: [
    'faas-cli deploy',
    'faas-cli deploy --image figlet:latest --name figlet',
    'faas-cli deploy -e LOG=debug -l com.openfaas.scale.min=2',
  ],
  flags: { ...gatewayFlags, ...namespaceFlags, ...envsubstFlags, ...deployFlags, ...singleFlags, ...tagFlags },
  async run(context, _args, flags) {
    checkDeployMode(flags);
    const stack = await functionsOf(context, flags);
    const client = await context.connect(connectionOf(flags, stack.gateway));
    const images = await withImages(stack.functions, flags.tag, context.cwd);
    const options = { readTemplate: flags['read-template'] };
    const deployments = await Promise.all(
      images.map(({ fn, image }) => deploymentOf(fn, image, flags, options, context)),
    );
    await deployAll(client, deployments, flags, context);
  },
});
