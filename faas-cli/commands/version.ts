import type { InfoJson } from '../../provider/wire/info.ts';
import { connectWithStack } from '../stack/connect-with-stack.ts';
import { VERSION } from '../version.ts';
import { defineCommand } from './command.ts';
import { envsubstFlags, gatewayFlags, jsonFlags } from './flag-sets.ts';

export const version = defineCommand({
  usage: '[--short-version] [-g URL]',
  examples: ['faas-cli version', 'faas-cli version --short-version'],
  flags: {
    ...gatewayFlags,
    ...envsubstFlags,
    ...jsonFlags,
    'short-version': { type: 'boolean', doc: 'Only the version of faas-cli' },
    'warn-update': { type: 'boolean', default: true, doc: 'Ignored; kept for scripts' },
  },
  async run(context, _args, flags) {
    const { stdout, signal } = context;
    if (flags['short-version']) return void stdout.write(`${VERSION}\n`);
    const { client } = await connectWithStack(context, flags);
    const timeout = AbortSignal.timeout(5000);
    // The version of the tool itself needs no gateway.
    const info = await client.info(AbortSignal.any([signal, timeout])).catch((error: Error) => {
      signal.throwIfAborted();
      return error;
    });
    if (flags.json) return void stdout.write(`${JSON.stringify(asJson(info, client.url), null, 2)}\n`);
    stdout.write(`CLI:\n version: ${VERSION}\n\n`);
    if (info instanceof Error) throw info;
    stdout.write(gatewayText(info, client.url));
  },
});

function gatewayText({ version: gateway, provider }: InfoJson, url: string): string {
  const block = (title: string, lines: readonly (readonly [string, string])[]) =>
    `${title}\n${lines.map(([key, value]) => ` ${`${key}:`.padEnd(15)}${value}\n`).join('')}\n`;
  return (
    block('Gateway', [
      ['uri', url],
      ['version', gateway.release],
      ['sha', gateway.sha],
    ]) +
    (provider
      ? block('Provider', [
          ['name', provider.provider],
          ['orchestration', provider.orchestration],
          ['version', provider.version.release],
          ['sha', provider.version.sha],
        ])
      : '')
  );
}

function asJson(info: InfoJson | Error, uri: string): object {
  const cli = { commit: '', version: VERSION };
  if (info instanceof Error) return { cli };
  const { version: gateway, provider } = info;
  return {
    cli,
    gateway: { uri, version: gateway.release, sha: gateway.sha },
    ...(provider && {
      provider: {
        name: provider.provider,
        orchestration: provider.orchestration,
        version: provider.version.release,
        sha: provider.version.sha,
      },
    }),
  };
}
