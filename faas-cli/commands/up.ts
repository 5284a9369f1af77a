import { buildAll } from '../build/build-all.ts';
import { isBuilt, jobsOf } from '../build/jobs.ts';
import type { Context } from '../context.ts';
import { checkDeployMode, deployAll } from '../deploy/deploy-all.ts';
import { deploymentOf } from '../deploy/deployment.ts';
import { withImages } from '../deploy/images.ts';
import { pushAll } from '../deploy/push-all.ts';
import { waitUntilReady } from '../deploy/wait-until-ready.ts';
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
  // Loads the HTTP client while the functions are built.
  const connecting = context.connect({
    gateway: given.gateway,
    stackGateway: stack.gateway,
    token: given.token,
    tlsNoVerify: given['tls-no-verify'],
    timeoutMs: given.timeout,
  });
  const [client] = await Promise.all([
    connecting,
    buildAll({ ...given, noCache: given['no-cache'], jobs, stdout: context.stdout }, context),
  ]);
  if (given.shrinkwrap) return;
  const images = await withImages(stack.functions, given.tag, context.cwd);
  const pushed = images.filter(({ fn }) => isBuilt(fn)).map(({ fn, image }) => ({ name: fn.name, image }));
  if (!given['skip-push']) await pushAll(client, pushed, given, context);
  if (given['skip-deploy']) return;
  const options = { readTemplate: given['read-template'] };
  const deployments = await Promise.all(
    images.map(({ fn, image }) => deploymentOf(fn, image, given, options, context)),
  );
  await deployAll(client, deployments, given, context);
  for (const deployment of deployments) await waitUntilReady(client, deployment, given.timeout, context.signal);
}
