import { FaasError } from '../../common/errors.ts';
import type { StatusJson } from '../../provider/wire/status.ts';
import { functionUrl } from '../deploy/deploy-all.ts';
import { describeFunction } from '../describe-function.ts';
import { connectWithStack, namespaceOf } from '../stack/connect-with-stack.ts';
import { defineCommand } from './command.ts';
import { envsubstFlags, gatewayFlags, jsonFlags, namespaceFlags } from './flag-sets.ts';

export const describe = defineCommand({
  usage: 'NAME [-n NAMESPACE] [flags]',
  examples: ['faas-cli describe hello', 'faas-cli describe hello --json'],
  args: [0, 1],
  flags: {
    ...gatewayFlags,
    ...namespaceFlags,
    ...envsubstFlags,
    ...jsonFlags,
    name: { type: 'string', doc: 'Name of the function' },
    verbose: { type: 'boolean', short: 'v', doc: 'Show what is not set, too, as <none>' },
  },
  async run(context, [argument], flags) {
    const name = argument ?? flags.name;
    if (name === undefined) throw new FaasError('invalid_request', 'name the function: faas-cli describe NAME');
    const { client, stack } = await connectWithStack(context, flags);
    const ref = { name, namespace: namespaceOf(name, flags.namespace, stack) };
    const status = await client.describe(ref, { usage: true }, context.signal);
    const listed = (await client.list(ref.namespace, context.signal)).find((fn) => fn.name === name);
    const described = {
      ...status,
      invocationCount: listed?.invocationCount ?? status.invocationCount ?? 0,
      Status: isReady(status) ? 'Ready' : 'Not Ready',
      URL: functionUrl(client.url, ref),
      AsyncURL: functionUrl(client.url, ref).replace('/function/', '/async-function/'),
    };
    context.stdout.write(
      flags.json
        ? `${JSON.stringify({ ...described, InvocationCount: described.invocationCount }, null, 2)}\n`
        : describeFunction(described, flags.verbose),
    );
  },
});

const isReady = (status: StatusJson): boolean => (status.availableReplicas ?? 0) > 0;
