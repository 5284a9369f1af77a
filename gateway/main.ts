import { enableCompileCache } from 'node:module';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

// Before any other module of ours is loaded: halves the time to start.
enableCompileCache?.();
const { ConfigError, readConfig } = await import('../common/config.ts');
const { gatewaySchema } = await import('./config.ts');
const { HELP, readFlags } = await import('./flags.ts');
type GatewayConfig = import('./config.ts').GatewayConfig;

const root = join(import.meta.dirname, '..');
const cli = join(root, 'bin/faas-cli');

// A terminal or a pipe that went away must not end the gateway in the middle: its functions would be left running.
for (const output of [process.stdout, process.stderr]) output.on('error', () => undefined);

const config = configure();
if (config === 'help') process.stdout.write(HELP);
else if (config !== undefined) await run(config);

function configure(): GatewayConfig | 'help' | undefined {
  try {
    const env = readFlags(process.argv.slice(2), process.env);
    return env === 'help' ? 'help' : readConfig(gatewaySchema, env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    fail(error.message);
    return undefined;
  }
}

async function run(config: GatewayConfig): Promise<void> {
  const { createLog } = await import('./log.ts');
  const { startPlatform } = await import('./start.ts');
  const dataFolder = resolve(config.dataFolder || defaultDataFolder());
  const format = config.logFormat === 'auto' ? (process.stderr.isTTY ? 'text' : 'json') : config.logFormat;
  const write = (text: string): void => void process.stderr.write(text);
  const log = createLog({ format, write, colour: process.stderr.isTTY && process.stderr.hasColors() });

  const stop = new AbortController();
  const stopped = onSignals(stop);
  const platform = await startPlatform({
    config,
    dataFolder,
    pid: process.pid,
    log,
    createProvider: () => createProvider(config, dataFolder, (line) => log.info({ from: 'engine' }, line)),
  }).catch((error: Error) => fail(error.message));
  if (platform === undefined) return;
  await greet(config, dataFolder, platform, stop.signal);
  await stopped;
  process.stdout.write('\nStopping: calls in flight may end, then the functions ... ');
  await platform.close();
  process.stdout.write('done.\n');
  process.exit(0);
}

async function createProvider(config: GatewayConfig, dataDir: string, log: (line: string) => void) {
  const { createEmbeddedProvider } = await import('../provider/embedded/embedded-provider.ts');
  return createEmbeddedProvider({
    dataDir,
    watchdogPath: join(root, `dist/fwatchdog-linux-${process.arch === 'arm64' ? 'arm64' : 'x64'}`),
    nodePath: process.execPath,
    user: { uid: process.getuid?.() ?? -1, gid: process.getgid?.() ?? -1 },
    environment: process.env,
    log,
    limits: { uploadBytes: config.maxBundleBytes },
  });
}

async function greet(
  config: GatewayConfig,
  dataFolder: string,
  { url, metricsUrl, login, functions }: import('./start.ts').RunningPlatform,
  signal: AbortSignal,
): Promise<void> {
  const { greeting } = await import('./greeting.ts');
  const { deploySample } = await import('./first-run.ts');
  // A certificate that this process itself may not trust is no reason to greet with a failure.
  const wanted = config.sample && functions === 0 && url.startsWith('http:');
  const sample = wanted ? await deploySample({ url, dataFolder, cli, env: process.env, signal }) : undefined;
  if (signal.aborted) return;
  const deployed = sample !== undefined && 'answer' in sample ? functions + 1 : functions;
  const elsewhere = dataFolder === defaultDataFolder() ? undefined : dataFolder;
  const colour = process.stdout.isTTY && process.stdout.hasColors();
  process.stdout.write(
    greeting({ url, metricsUrl, login, cli, dataFolder: elsewhere, functions: deployed, sample, colour }),
  );
}

/** Aborts `stop` on the first signal, ends at once on the second. Resolves with the first. */
function onSignals(stop: AbortController): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  for (const [signal, number] of Object.entries({ SIGINT: 2, SIGTERM: 15, SIGHUP: 1 }))
    process.on(signal, () => {
      if (stop.signal.aborted) process.exit(128 + number);
      stop.abort();
      resolve();
    });
  return promise;
}

function defaultDataFolder(): string {
  if (process.getuid?.() === 0) return '/var/lib/dunlin';
  return join(process.env.XDG_STATE_HOME || join(homedir(), '.local', 'state'), 'dunlin');
}

function fail(message: string): undefined {
  process.stderr.write(`${message}\n`);
  process.exitCode = 1;
}
