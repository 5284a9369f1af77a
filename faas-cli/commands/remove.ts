import { FaasError } from '../../common/errors.ts';
import { ResponseError } from '../../provider/client-http.ts';
import { describeError } from '../print-error.ts';
import { connectionOf } from '../stack/connect-with-stack.ts';
import { type LoadedStack, loadStack, requireStack } from '../stack/load-stack.ts';
import { defineCommand } from './command.ts';
import { envsubstFlags, gatewayFlags, namespaceFlags } from './flag-sets.ts';

export const remove = defineCommand({
  usage: '[NAME...] [-f STACK.YAML] [-n NAMESPACE]',
  description: 'Removes the functions that are named, or all of the stack file.',
  examples: ['faas-cli remove hello', 'faas-cli remove -f stack.yaml'],
  args: [0, Number.POSITIVE_INFINITY],
  flags: { ...gatewayFlags, ...namespaceFlags, ...envsubstFlags },
  async run(context, names, flags) {
    const stack = names.length > 0 ? await loadStack(context, flags) : await requireStack(context, flags);
    const client = await context.connect(connectionOf(flags, stack?.gateway));
    const failures: string[] = [];
    for (const name of names.length > 0 ? names : stack!.functions.map((fn) => fn.name)) {
      const namespace = flags.namespace ?? namespaceIn(stack, name);
      context.stdout.write(`Deleting: ${name}.${namespace ?? ''}\n`);
      try {
        await client.remove({ name, namespace }, context.signal);
        context.stdout.write('Removing old function.\n');
      } catch (error) {
        if (!(error instanceof ResponseError) || error.status !== 404) throw error;
        failures.push(`no existing function to remove: ${name}. ${describeError(error)}`);
      }
    }
    if (failures.length > 0) throw new FaasError('function_not_found', failures.join('\n'));
  },
});

const namespaceIn = (stack: LoadedStack | undefined, name: string): string | undefined =>
  stack?.functions.find((fn) => fn.name === name)?.namespace;
