import { once } from 'node:events';
import { FaasError } from '../../common/errors.ts';
import type { LogMessage } from '../../provider/provider.ts';
import { connectWithStack, namespaceOf } from '../stack/connect-with-stack.ts';
import { formatTime, TIME_FORMATS } from '../time-format.ts';
import { defineCommand, type Values } from './command.ts';
import { envsubstFlags, gatewayFlags, namespaceFlags } from './flag-sets.ts';

const flags = {
  ...gatewayFlags,
  ...namespaceFlags,
  ...envsubstFlags,
  instance: { type: 'boolean', doc: 'Show the replica of each line' },
  json: { type: 'boolean', short: 'j', doc: 'The same as --output json' },
  lines: { type: 'int', default: -1, doc: 'Only the last so many lines; -1 is all' },
  name: { type: 'boolean', doc: 'Show the name of the function in each line' },
  output: { type: 'string', short: 'o', default: 'plain', value: 'format', doc: 'plain, keyvalue or json' },
  since: { type: 'duration', doc: 'Only lines of the last so long, such as 10m' },
  'since-time': { type: 'string', value: 'time', doc: 'Only lines since a time in RFC 3339' },
  tail: { type: 'boolean', short: 't', default: true, doc: 'Go on with new lines' },
  'time-format': {
    type: 'string',
    value: 'layout',
    doc: `Time of each line: ${TIME_FORMATS.join(', ')}, or a layout of Go (default: RFC3339)`,
  },
} as const;

export const logs = defineCommand({
  usage: 'NAME [-n NAMESPACE] [flags]',
  examples: [
    'faas-cli logs hello',
    'faas-cli logs hello --tail=false --lines 100',
    'faas-cli logs hello --since 10m -o keyvalue',
  ],
  args: [1, 1],
  flags,
  async run(context, [name], given) {
    const format = formatOf(given);
    const { client, stack } = await connectWithStack(context, given);
    const request = {
      name: name!,
      namespace: namespaceOf(name!, given.namespace, stack),
      follow: given.tail,
      tail: given.lines,
      since: sinceOf(given),
    };
    const { stdout, signal } = context;
    // A slow reader holds back the gateway, not our memory.
    for await (const message of client.logs(request, signal))
      if (!stdout.write(`${format(message)}\n`)) await once(stdout, 'drain', { signal });
  },
});

type Given = Values<typeof flags>;

function sinceOf({ since, 'since-time': sinceTime }: Given): Date | undefined {
  if (since !== undefined && sinceTime !== undefined)
    throw new FaasError('invalid_request', '--since and --since-time exclude each other; give one of them');
  if (since !== undefined) return new Date(Date.now() - since);
  if (sinceTime === undefined) return undefined;
  const at = new Date(sinceTime);
  if (!Number.isNaN(at.getTime())) return at;
  throw new FaasError(
    'invalid_request',
    `--since-time must be a time in RFC 3339, such as 2026-01-31T12:00:00Z, got "${sinceTime}"`,
  );
}

/** Contract 5.4. */
function formatOf(given: Given): (message: LogMessage) => string {
  const time = (message: LogMessage) => formatTime(message.timestamp, given['time-format']);
  if (given.json || given.output === 'json') return (message) => JSON.stringify(message);
  if (given.output === 'keyvalue')
    return (message) => {
      const parts = [`timestamp="${time(message)}"`];
      if (given.name) parts.push(`name="${message.name}"`);
      if (given.instance) parts.push(`instance="${message.instance}"`);
      return [...parts, `text="${message.text.trimEnd()}"`].join(' ');
    };
  if (given.output !== 'plain')
    throw new FaasError('invalid_request', `--output must be plain, keyvalue or json, got "${given.output}"`);
  return (message) => {
    const parts = [time(message)];
    if (given.name) parts.push(message.name);
    if (given.instance) parts.push(`(${message.instance})`);
    return [...parts, message.text.trimEnd()].join(' ');
  };
}
