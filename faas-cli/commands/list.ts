import { FaasError } from '../../common/errors.ts';
import type { StatusJson } from '../../provider/wire/status.ts';
import { goTime } from '../go-time.ts';
import { connectWithStack } from '../stack/connect-with-stack.ts';
import { defineCommand } from './command.ts';
import { envsubstFlags, gatewayFlags, jsonFlags, namespaceFlags } from './flag-sets.ts';

const ORDERS: Readonly<Record<string, (a: StatusJson, b: StatusJson) => number>> = {
  name: (a, b) => (a.name < b.name ? -1 : 1),
  invocations: (a, b) => (b.invocationCount ?? 0) - (a.invocationCount ?? 0),
  creation: (a, b) => Date.parse(a.createdAt) - Date.parse(b.createdAt),
};

export const list = defineCommand({
  usage: '[-n NAMESPACE] [flags]',
  examples: [
    'faas-cli list',
    'faas-cli list -n staging --sort invocations',
    'faas-cli list -q | xargs -n1 faas-cli describe',
  ],
  flags: {
    ...gatewayFlags,
    ...namespaceFlags,
    ...envsubstFlags,
    ...jsonFlags,
    quiet: { type: 'boolean', short: 'q', doc: 'Names only' },
    verbose: { type: 'boolean', short: 'v', doc: 'Image and creation time, too' },
    sort: { type: 'string', default: 'name', value: 'order', doc: 'name, invocations or creation' },
  },
  async run(context, _args, flags) {
    const order = ORDERS[flags.sort];
    if (!order)
      throw new FaasError(
        'invalid_request',
        `--sort must be one of ${Object.keys(ORDERS).join(', ')}, got "${flags.sort}"`,
      );
    const { client } = await connectWithStack(context, flags);
    const functions = [...(await client.list(flags.namespace, context.signal))].sort(order);
    if (flags.json) context.stdout.write(`${JSON.stringify(functions, null, 2)}\n`);
    else if (flags.quiet) for (const { name } of functions) context.stdout.write(`${name}\n`);
    else context.stdout.write(flags.verbose ? wideTable(functions) : table(functions));
  },
});

/** Contract 5.4. */
function table(functions: readonly StatusJson[]): string {
  const row = (name: string, calls: string, replicas: string) =>
    `${name.padEnd(30)}\t${calls.padEnd(15)}\t${replicas.padEnd(5)}\n`;
  const rows = functions.map(({ name, invocationCount = 0, replicas = 0 }) =>
    row(name, String(Math.trunc(invocationCount)), String(replicas)),
  );
  return row('Function', 'Invocations', 'Replicas') + rows.join('');
}

function wideTable(functions: readonly StatusJson[]): string {
  const width = Math.max(40, ...functions.map(({ image }) => image.length));
  const start = (name: string, image: string, calls: string, replicas: string) =>
    `${name.padEnd(30)}\t${image.padEnd(width)}\t${calls.padEnd(15)}\t${replicas.padEnd(5)}\t`;
  const rows = functions.map(
    ({ name, image, invocationCount = 0, replicas = 0, createdAt }) =>
      `${start(name, image, String(Math.trunc(invocationCount)), String(replicas))}\t${goTime(createdAt)}\n`,
  );
  return `${start('Function', 'Image', 'Invocations', 'Replicas')}CreatedAt\n${rows.join('')}`;
}
