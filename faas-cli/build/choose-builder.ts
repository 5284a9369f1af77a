import { FaasError } from '../../common/errors.ts';
import type { GatewayClient } from '../../provider/client.ts';
import type { Context } from '../context.ts';
import { findTemplate } from '../templates/find-template.ts';

/** What functions are made into: bundles for the embedded engine, or images by a Docker Engine. */
export type Builder = 'bundle' | 'docker';

/** `--builder`. @throws FaasError `invalid_request` for one that there is not */
export function checkBuilder(given: string | undefined): Builder | undefined {
  if (given === undefined || given === 'bundle' || given === 'docker') return given;
  throw new FaasError(
    'invalid_request',
    `--builder must be bundle or docker, got "${given}"; leave it out for what the gateway runs`,
  );
}

/** What the gateway runs; undefined when it does not say, or does not answer. */
export async function gatewayBuilder(client: GatewayClient, signal: AbortSignal): Promise<Builder | undefined> {
  const info = await client.info(signal).catch(() => undefined);
  signal.throwIfAborted();
  const orchestration = info?.provider?.orchestration;
  return orchestration ? (orchestration === 'embedded' ? 'bundle' : 'docker') : undefined;
}

/** For a function when nothing else tells: a bundle where its template can make one. */
export async function templateBuilder(lang: string, place: Pick<Context, 'cwd' | 'assets'>): Promise<Builder> {
  return (await findTemplate(place, lang)).bundle ? 'bundle' : 'docker';
}
