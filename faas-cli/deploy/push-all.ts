import { FaasError } from '../../common/errors.ts';
import type { GatewayClient } from '../../provider/client.ts';
import { ResponseError } from '../../provider/client-http.ts';
import { seconds } from '../build/build-all.ts';
import type { Context } from '../context.ts';
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
  const queue = [...jobs];
  const work = async (worker: number) => {
    for (let job = queue.shift(); job; job = queue.shift()) {
      const began = performance.now();
      const outcome = await pushBundle(client, job, context).catch((error) => explain(error, client, context.signal));
      const what = outcome === 'known' ? 'is there already' : `done in ${seconds(began)}`;
      if (!quiet) context.stdout.write(`[${worker}] < Pushing ${job.name} [${job.image}] ${what}.\n`);
    }
  };
  const workers = Math.max(1, Math.min(parallel, queue.length));
  await Promise.all(Array.from({ length: workers }, (_, worker) => work(worker)));
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
