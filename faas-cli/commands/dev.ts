import { join } from 'node:path';
import { FaasError } from '../../common/errors.ts';
import { GatewayClient } from '../../provider/client.ts';
import { userAgent } from '../config/connect.ts';
import type { Context } from '../context.ts';
import { putSecret } from '../deploy/put-secret.ts';
import { upOnce } from '../deploy/up-once.ts';
import { FollowedLogs } from '../dev/followed-logs.ts';
import { MergedLines } from '../dev/merged-lines.ts';
import { type OwnGateway, startOwnGateway } from '../dev/own-gateway.ts';
import { checkSecrets } from '../local-run/local-environment.ts';
import { readSecretFile, trimmed } from '../secret-value.ts';
import { type LoadedStack, requireStack } from '../stack/load-stack.ts';
import { watchStack } from '../watch/watch-stack.ts';
import { defineCommand } from './command.ts';
import { buildFlags, deployFlags, envsubstFlags } from './flag-sets.ts';

const GATEWAY = 'gateway';
const {
  builder: _builder,
  'build-label': _label,
  platform: _platform,
  pull: _pull,
  shrinkwrap: _shrinkwrap,
  squash: _squash,
  ...bundleFlags
} = buildFlags;
/** What `up` takes, but bundles for the embedded engine have no use for. */
const BUNDLES = {
  builder: 'bundle',
  'build-label': [],
  platform: undefined,
  platforms: '',
  publish: false,
  pull: false,
  shrinkwrap: false,
  squash: false,
  tag: 'latest',
  'skip-push': false,
  'skip-deploy': false,
  namespace: undefined,
} as const;

export const dev = defineCommand({
  usage: '[-f STACK.YAML] [--port N] [flags]',
  description:
    'One project in one terminal: a gateway of its own with the embedded engine, all functions of the stack file, and their logs. A function is built and deployed anew when it is saved. Secrets are files of ./.secrets. Ctrl-C ends everything. Needs the checkout, whose bin/faas-cli can do it.',
  examples: ['faas-cli dev', 'faas-cli dev --port 0 --filter "api-*"'],
  flags: {
    ...envsubstFlags,
    ...bundleFlags,
    ...deployFlags,
    port: { type: 'int', short: 'p', default: 8080, doc: 'Port of the gateway; 0 is a free one' },
  },
  async run(context, _args, given) {
    const load = () => requireStack(context, given);
    const { functions } = await load();
    const lines = new MergedLines(
      Math.max(...[GATEWAY, ...functions.map(({ name }) => name)].map(({ length }) => length)),
      context,
    );
    const gateway = await startOwnGateway({
      checkout: checkoutOf(context),
      port: given.port,
      env: context.env,
      // What it says of the end is about us.
      onLine: (line) => context.signal.aborted || lines.print(GATEWAY, line),
    });
    const client = clientOf(gateway, given.timeout, context);
    const logs = new FollowedLogs(client, (name, line) => lines.print(name, line));
    const broken = new AbortController();
    gateway.ended.catch((error) => broken.abort(error));
    const place = { ...context, signal: AbortSignal.any([context.signal, broken.signal]) };
    try {
      context.stdout.write(greeting(gateway));
      await watchStack(place, load, async (names) => {
        const stack = await load();
        await putNamespacesAndSecrets(client, stack, place);
        await upOnce(place, { ...given, ...BUNDLES }, async () => client, names).finally(() => {
          for (const ref of stack.functions) logs.follow({ name: ref.name, namespace: ref.namespace });
        });
      });
      if (broken.signal.aborted) throw broken.signal.reason;
    } finally {
      await logs.close();
      client.close();
      await gateway.close();
    }
  },
});

function checkoutOf({ checkout }: Context): string {
  if (checkout !== undefined) return checkout;
  throw new FaasError(
    'not_supported',
    'dev runs the gateway from its sources, which this single-file faas-cli has not; run bin/faas-cli dev of the checkout, or "npm start" there and "faas-cli up --watch" here',
  );
}

const greeting = ({ url, dataFolder }: OwnGateway): string =>
  `The gateway of this project: ${url}\nFor faas-cli in another terminal:\n  export OPENFAAS_URL=${url} DUNLIN_DATA=${dataFolder}\n\n`;

/** Made by hand: what flags, stack file and environment say of gateways means others than this one. */
const clientOf = ({ url, authorization }: OwnGateway, timeoutMs: number, context: Context): GatewayClient =>
  new GatewayClient({
    url,
    authorization,
    userAgent: userAgent(context),
    timeoutMs,
    tlsNoVerify: false,
    proxyEnv: {},
  });

/** The gateway begins with none. */
async function putNamespacesAndSecrets(
  client: GatewayClient,
  { functions }: LoadedStack,
  context: Context,
): Promise<void> {
  const { cwd, signal } = context;
  const known = await client.namespaces(signal);
  const wanted = new Set(functions.flatMap(({ namespace }) => (namespace ? [namespace] : [])));
  for (const name of wanted)
    if (!known.includes(name)) await client.createNamespace({ name, labels: {}, annotations: {} }, signal);
  const folder = join(cwd, '.secrets');
  for (const { secrets, namespace } of functions) {
    await checkSecrets(secrets, folder);
    for (const name of secrets) {
      const value = trimmed(await readSecretFile(join(folder, name), `.secrets/${name}`), true);
      await putSecret(client, { name, namespace, value, raw: true }, signal);
    }
  }
}
