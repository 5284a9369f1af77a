import { setTimeout as delay } from 'node:timers/promises';
import { FaasError } from '../../common/errors.ts';
import type { GatewayClient } from '../../provider/client.ts';
import { ResponseError } from '../../provider/client-http.ts';
import { connectWithStack, namespaceOf } from '../stack/connect-with-stack.ts';
import { defineCommand } from './command.ts';
import { envsubstFlags, gatewayFlags, namespaceFlags } from './flag-sets.ts';

export const ready = defineCommand({
  usage: '[NAME] [flags]',
  examples: ['faas-cli ready', 'faas-cli ready hello --attempts 10 --interval 500ms'],
  args: [0, 1],
  flags: {
    ...gatewayFlags,
    ...namespaceFlags,
    ...envsubstFlags,
    attempts: { type: 'int', default: 60, doc: 'Looks before giving up' },
    interval: { type: 'duration', default: '1s', doc: 'Pause between two looks' },
  },
  async run(context, [name], flags) {
    const { stdout, signal } = context;
    const { client, stack } = await connectWithStack(context, flags);
    const what = name === undefined ? 'gateway' : `function ${name}`;
    const isReady =
      name === undefined
        ? () => client.healthy(signal)
        : () => hasReplica(client, { name, namespace: namespaceOf(name, flags.namespace, stack) }, signal);
    for (let attempt = 1; attempt <= flags.attempts; attempt++) {
      stdout.write(`[${attempt}/${flags.attempts}] Waiting for ${what}\n`);
      if (await isReady()) {
        stdout.write(name === undefined ? 'OpenFaaS gateway is ready\n' : `Function ${name} is ready\n`);
        return;
      }
      if (attempt < flags.attempts) await delay(flags.interval, undefined, { signal });
    }
    const total = `${(flags.attempts * flags.interval) / 1000}s`;
    throw new FaasError(
      'timed_out',
      `${name === undefined ? 'gateway' : `function ${name}`} not ready after: ${total}`,
    );
  },
});

async function hasReplica(
  client: GatewayClient,
  ref: { name: string; namespace: string | undefined },
  signal: AbortSignal,
): Promise<boolean> {
  try {
    return ((await client.describe(ref, { usage: false }, signal)).availableReplicas ?? 0) > 0;
  } catch (error) {
    // A wrong password stays wrong; anything else may pass.
    if (signal.aborted || (error instanceof ResponseError && error.status === 401)) throw error;
    return false;
  }
}
