import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { FaasError } from '../../common/errors.ts';
import type { GatewayClient } from '../../provider/client.ts';
import { bundleFile } from '../build/build-function.ts';
import type { Context } from '../context.ts';
import { progressBar } from '../progress-bar.ts';

export interface PushJob {
  readonly name: string;
  readonly image: string;
}

/** Gives the gateway a function's bundle; one that it has already is only named. Returns what happened. */
export async function pushBundle(
  client: GatewayClient,
  { name, image }: PushJob,
  context: Pick<Context, 'cwd' | 'stderr' | 'signal'>,
): Promise<'uploaded' | 'known'> {
  const { cwd, stderr, signal } = context;
  const path = bundleFile(cwd, name);
  const bytes = (await stat(path).catch(whenMissing(name))).size;
  const digest = await digestOf(path);
  if (await client.tagBundle({ image, digest }, signal)) return 'known';
  const bar = progressBar(stderr, `Pushing ${image}`, bytes);
  try {
    await client.putBundle({ image, digest }, { path, bytes }, bar.update, signal);
  } finally {
    bar.close();
  }
  return 'uploaded';
}

async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return `sha256:${hash.digest('hex')}`;
}

const whenMissing = (name: string) => (cause: Error) => {
  throw new FaasError(
    'invalid_request',
    `function ${name} has not been built: there is no ./build/${name}.tar; run: faas-cli build`,
    { cause },
  );
};
