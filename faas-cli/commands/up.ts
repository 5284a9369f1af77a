import { checkBuilder, gatewayBuilder } from '../build/choose-builder.ts';
import { isBuilt, jobsOf } from '../build/jobs.ts';
import type { Context } from '../context.ts';
import { checkDeployMode, deployAll } from '../deploy/deploy-all.ts';
import { deploymentOf } from '../deploy/deployment.ts';
import { withImages } from '../deploy/images.ts';
import { pushAll } from '../deploy/push-all.ts';
import { allReady } from '../deploy/wait-until-ready.ts';
import { buildWith, byBuilder } from '../images/build-with.ts';
import { checkPushable } from '../images/image-name.ts';
import { pushImages } from '../images/push-images.ts';
import { functionsOf } from '../stack/functions-of.ts';
import { pullMissing } from '../templates/pull-missing.ts';
import { defineCommand, type Values } from './command.ts';
import {
  buildFlags,
  deployFlags,
  envsubstFlags,
  gatewayFlags,
  namespaceFlags,
  singleFlags,
  tagFlags,
} from './flag-sets.ts';

const flags = {
  ...gatewayFlags,
  ...namespaceFlags,
  ...envsubstFlags,
  ...buildFlags,
  ...deployFlags,
  ...singleFlags,
  ...tagFlags,
  'skip-push': { type: 'boolean', doc: 'Do not push' },
  watch: { type: 'boolean', doc: 'Do it again whenever a handler, an environment file or the stack file is saved' },
  'skip-deploy': { type: 'boolean', doc: 'Do not deploy' },
} as const;

export const up = defineCommand({
  usage: '[-f STACK.YAML] [flags]',
  description: 'Ends once every function answers, or says why one does not.',
  examples: ['faas-cli up', 'faas-cli up --filter hello --parallel 2', 'faas-cli up --watch'],
  flags,
  async run(context, _args, given) {
    checkDeployMode(given);
    if (!given.watch) return upOnce(context, given);
    const { reloader, watchStack } = await import('../watch/watch-stack.ts');
    await watchStack(context, reloader(context, given), (names) => upOnce(context, given, names));
  },
});

async function upOnce(context: Context, given: Values<typeof flags>, names?: ReadonlySet<string>): Promise<void> {
  const all = await functionsOf(context, given);
  const stack = names ? { ...all, functions: all.functions.filter(({ name }) => names.has(name)) } : all;
  if (!given['disable-stack-pull']) await pullMissing(stack, context);
  const jobs = jobsOf(stack, given);
  const client = await context.connect({
    gateway: given.gateway,
    stackGateway: stack.gateway,
    token: given.token,
    tlsNoVerify: given['tls-no-verify'],
    timeoutMs: given.timeout,
  });
  const builder =
    checkBuilder(given.builder) ?? (given.shrinkwrap ? 'bundle' : await gatewayBuilder(client, context.signal));
  const images = await withImages(stack.functions, given.tag, context.cwd);
  const { bundle, docker } = await byBuilder(
    builder,
    images.filter(({ fn }) => isBuilt(fn)),
    context,
  );
  const pushes = !given['skip-push'] && !given.shrinkwrap;
  // Before minutes of building, not after.
  if (pushes) for (const { name, image } of docker) checkPushable(name, image);
  const { functions } = stack;
  await buildWith(builder, { ...given, noCache: given['no-cache'], jobs, functions }, context);
  if (given.shrinkwrap) return;
  if (pushes) {
    await pushAll(client, bundle, given, context);
    await pushImages(docker, given, context);
  }
  if (given['skip-deploy']) return;
  const options = { readTemplate: given['read-template'] };
  const deployments = await Promise.all(
    images.map(({ fn, image }) => deploymentOf(fn, image, given, options, context)),
  );
  await deployAll(client, deployments, given, context);
  await allReady(client, deployments, given.timeout, context);
}
