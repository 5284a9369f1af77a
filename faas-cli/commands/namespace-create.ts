import type { NamespaceInfo } from '../../provider/provider.ts';
import { namespaceName } from '../../provider/wire/names.ts';
import { connectionOf } from '../stack/connect-with-stack.ts';
import { keyValues } from '../stack/key-values.ts';
import { defineCommand } from './command.ts';
import { deploymentFlags, gatewayFlags } from './flag-sets.ts';

const flags = { ...gatewayFlags, annotation: deploymentFlags.annotation, label: deploymentFlags.label } as const;

export const namespaceCreate = defineCommand({
  usage: 'NAME [-l KEY=VALUE] [--annotation KEY=VALUE]',
  examples: ['faas-cli namespace create staging -l team=web'],
  args: [1, 1],
  flags,
  async run(context, [name], given) {
    const client = await context.connect(connectionOf(given));
    context.stdout.write(`Creating Namespace: ${name}\n`);
    await client.createNamespace(infoOf(name!, given), context.signal);
    context.stdout.write(`Namespace Created: ${name}\n`);
  },
});

export const namespaceUpdate = defineCommand({
  usage: 'NAME [-l KEY=VALUE] [--annotation KEY=VALUE]',
  examples: ['faas-cli namespace update staging -l team=web'],
  args: [1, 1],
  flags,
  async run(context, [name], given) {
    const client = await context.connect(connectionOf(given));
    context.stdout.write(`Updating Namespace: ${name}\n`);
    await client.updateNamespace(infoOf(name!, given), context.signal);
    context.stdout.write(`Namespace Updated: ${name}\n`);
  },
});

/** `openfaas=1` marks namespaces for functions; OpenFaaS's own client adds both (contract 1.11). */
function infoOf(
  name: string,
  { label, annotation }: { label: readonly string[]; annotation: readonly string[] },
): NamespaceInfo {
  return {
    name: namespaceName('the name', name),
    labels: { openfaas: '1', ...keyValues('label', label) },
    annotations: { openfaas: '1', ...keyValues('annotation', annotation) },
  };
}
