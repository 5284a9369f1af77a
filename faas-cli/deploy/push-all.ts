import { FaasError } from '../../common/errors.ts';
import type { GatewayClient } from '../../provider/client.ts';
import { ResponseError } from '../../provider/client-http.ts';
import type { Context } from '../context.ts';
import { inParallel } from '../in-parallel.ts';
import { secondsSince } from '../seconds-since.ts';
import { type PushJob, pushBundle } from './push-bundle.ts';

export interface PushOptions {
  /** Uploads at once. */
  readonly parallel: number;
  readonly quiet: boolean;
}

/** Pushes bundles. @throws FaasError `not_supported` for a gateway that takes none; the first failure */
export async function pushAll(
  client: GatewayClient,
  jobs: readonly PushJob[],
  { parallel, quiet }: PushOptions,
  context: Pick<Context, 'cwd' | 'stdout' | 'stderr' | 'signal'>,
): Promise<void> {
  await inParallel(jobs, parallel, async (job, worker) => {
    const began = performance.now();
    const outcome = await pushBundle(client, job, context).catch((error) => explain(error, client, context.signal));
    const what = outcome === 'known' ? 'is there already' : `done in ${secondsSince(began)}`;
    if (!quiet) context.stdout.write(`[${worker}] < Pushing ${job.name} [${job.image}] ${what}.\n`);
  });
}

/** Other gateways know no bundles, and say so in ways of their own. */
async function explain(error: unknown, client: GatewayClient, signal: AbortSignal): Promise<never> {
  if (!(error instanceof ResponseError) || ![404, 405, 501].includes(error.status)) throw error;
  const { provider } = await client.info(signal);
  if (provider?.orchestration === 'embedded') throw error;
  throw new FaasError(
    'not_supported',
    `the gateway ${client.url} runs container images (${provider?.orchestration || 'unknown'}), not bundles; leave --builder out, or use --builder docker`,
    { cause: error },
  );
}
