import type { GatewayClient } from '../../provider/client.ts';
import { checkBuilder, gatewayBuilder } from '../build/choose-builder.ts';
import { isBuilt, jobsOf } from '../build/jobs.ts';
import type { Values } from '../commands/command.ts';
import type { buildFlags, deployFlags, envsubstFlags, tagFlags } from '../commands/flag-sets.ts';
import type { Context } from '../context.ts';
import { buildWith, byBuilder } from '../images/build-with.ts';
import { checkPushable } from '../images/image-name.ts';
import { publishImages } from '../images/publish-images.ts';
import { pushImages } from '../images/push-images.ts';
import { functionsOf, type SingleFlags } from '../stack/functions-of.ts';
import type { LoadedStack } from '../stack/load-stack.ts';
import { pullMissing } from '../templates/pull-missing.ts';
import { deployAll } from './deploy-all.ts';
import { deploymentOf } from './deployment.ts';
import { type TaggedFunction, withImages } from './images.ts';
import { pushAll } from './push-all.ts';
import { allReady } from './wait-until-ready.ts';

type UpFlags = Values<typeof buildFlags & typeof deployFlags & typeof envsubstFlags & typeof tagFlags> &
  Omit<SingleFlags, 'envsubst'> & {
    readonly namespace?: string | undefined;
    readonly publish: boolean;
    readonly platforms: string;
    readonly 'skip-push': boolean;
    readonly 'skip-deploy': boolean;
  };

/**
 * Builds, pushes and deploys the functions of the stack file, and waits until they are ready.
 *
 * @param names only these; undefined is all
 * @throws FaasError that says which function, step or field is at fault
 */
export async function upOnce(
  context: Context,
  given: UpFlags,
  connect: (stack: LoadedStack) => Promise<GatewayClient>,
  names?: ReadonlySet<string>,
): Promise<void> {
  const all = await functionsOf(context, given);
  const stack = names ? { ...all, functions: all.functions.filter(({ name }) => names.has(name)) } : all;
  if (!given['disable-stack-pull']) await pullMissing(stack, context);
  const client = await connect(stack);
  const images = await withImages(stack.functions, given.tag, context.cwd);
  if (given.publish) await publishImages(stack, { ...given, 'extra-tag': [], 'reset-qemu': false }, context);
  else await buildAndPush(client, stack, images, given, context);
  if (given.shrinkwrap || given['skip-deploy']) return;
  const options = { readTemplate: given['read-template'] };
  const deployments = await Promise.all(
    images.map(({ fn, image }) => deploymentOf(fn, image, given, options, context)),
  );
  await deployAll(client, deployments, given, context);
  await allReady(client, deployments, given.timeout, context);
}

async function buildAndPush(
  client: GatewayClient,
  stack: LoadedStack,
  images: readonly TaggedFunction[],
  given: UpFlags,
  context: Context,
): Promise<void> {
  const jobs = jobsOf(stack, given);
  const builder =
    checkBuilder(given.builder) ?? (given.shrinkwrap ? 'bundle' : await gatewayBuilder(client, context.signal));
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
  if (!pushes) return;
  await pushAll(client, bundle, given, context);
  await pushImages(docker, given, context);
}
