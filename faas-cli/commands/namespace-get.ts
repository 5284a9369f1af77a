import { connectionOf } from '../stack/connect-with-stack.ts';
import { defineCommand } from './command.ts';
import { gatewayFlags, jsonFlags } from './flag-sets.ts';

export const namespaceGet = defineCommand({
  usage: 'NAME',
  examples: ['faas-cli namespace get staging'],
  args: [1, 1],
  flags: { ...gatewayFlags, ...jsonFlags },
  async run(context, [name], flags) {
    const client = await context.connect(connectionOf(flags));
    const info = await client.namespace(name!, context.signal);
    if (flags.json) return void context.stdout.write(`${JSON.stringify(info, null, 2)}\n`);
    const pairs = (record: Readonly<Record<string, string>> | null | undefined) =>
      Object.entries(record ?? {}).map(([key, value]) => ` ${key}: ${value}\n`);
    context.stdout.write(
      `Name: ${info.name}\nLabels:\n${pairs(info.labels).join('')}Annotations:\n${pairs(info.annotations).join('')}`,
    );
  },
});
