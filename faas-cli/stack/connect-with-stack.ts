import type { GatewayClient } from '../../provider/client.ts';
import type { Connection, Context } from '../context.ts';
import { type LoadedStack, loadStack } from './load-stack.ts';

export interface GatewayFlagValues {
  readonly gateway?: string | undefined;
  readonly token?: string | undefined;
  readonly 'tls-no-verify': boolean;
  readonly timeout?: number;
  readonly envsubst?: boolean;
}

/** What the flags of a gateway say, and its longest wait where the command has that flag. */
export const connectionOf = (flags: GatewayFlagValues, stackGateway?: string): Connection => ({
  gateway: flags.gateway,
  stackGateway,
  token: flags.token,
  tlsNoVerify: flags['tls-no-verify'],
  timeoutMs: flags.timeout,
});

/** The gateway that flags or the stack file name, if there is one here. */
export async function connectWithStack(
  context: Context,
  flags: GatewayFlagValues,
): Promise<{ readonly client: GatewayClient; readonly stack: LoadedStack | undefined }> {
  const stack = await loadStack(context, flags);
  return { client: await context.connect(connectionOf(flags, stack?.gateway)), stack };
}

/** `--namespace`, else the stack file's for this function (contract 5.1). */
export const namespaceOf = (
  name: string,
  flag: string | undefined,
  stack: LoadedStack | undefined,
): string | undefined => flag ?? stack?.functions.find((fn) => fn.name === name)?.namespace;
