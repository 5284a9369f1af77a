import { once } from 'node:events';
import { enableCompileCache } from 'node:module';
import type { Socket } from 'node:net';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

// Before any other module of ours is loaded: halves the time to start.
enableCompileCache?.();
const { ConfigError, readConfig } = await import('../common/config.ts');
const { gatewaySchema } = await import('./config.ts');
const { HELP, readFlags } = await import('./flags.ts');
type GatewayConfig = import('./config.ts').GatewayConfig;
type HandedOver = import('../provider/embedded/replicas/recover-replicas.ts').HandedOver;

const root = join(import.meta.dirname, '..');
const cli = join(root, 'bin/faas-cli');

// A terminal or a pipe that went away must not end the gateway in the middle: its functions would be left running.
for (const output of [process.stdout, process.stderr]) output.on('error', () => undefined);

type Platform = import('./start.ts').RunningPlatform;
type Successor = import('./hand-over/successor.ts').SpawnedSuccessor;

const settings = configure();
if (settings === 'help') process.stdout.write(HELP);
else if (settings?.takeOver) await takeOver(resolve(settings.config.dataFolder || defaultDataFolder()));
else if (settings !== undefined) await run(settings.config, settings.successor);

function configure(): { config: GatewayConfig; takeOver: boolean; successor: boolean } | 'help' | undefined {
  try {
    const flags = readFlags(process.argv.slice(2), process.env);
    return flags === 'help' ? 'help' : { ...flags, config: readConfig(gatewaySchema, flags.env, flags.nameOf) };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    fail(error.message);
    return undefined;
  }
}

async function takeOver(dataFolder: string): Promise<void> {
  const { askForTakeOver } = await import('./hand-over/take-over.ts');
  const asked = askForTakeOver(dataFolder, (pid) => process.kill(pid, 'SIGUSR2'));
  await asked.then(
    (happened) => process.stdout.write(`${happened}\n`),
    (error: Error) => fail(error.message),
  );
}

async function run(config: GatewayConfig, successor: boolean): Promise<void> {
  const { createStderrLog } = await import('./log.ts');
  const { startPlatform } = await import('./start.ts');
  const dataFolder = resolve(config.dataFolder || defaultDataFolder());
  const log = createStderrLog(config, process.stderr);

  const { onSignals } = await import('./hand-over/signals.ts');
  const signals = onSignals(process);
  const predecessor = successor ? await connectPredecessor() : undefined;
  const platform = await startPlatform({
    config,
    dataFolder,
    pid: process.pid,
    log,
    ...(predecessor && { predecessor }),
    createProvider: (handedOver) =>
      createProvider(config, dataFolder, (line) => log.info({ from: 'engine' }, line), handedOver),
  }).catch((error: Error) => {
    predecessor?.failed(error.message);
    return predecessor ? process.exit(1) : fail(error.message);
  });
  if (platform === undefined) return;
  const replaced = onTakeOver(platform, dataFolder, log, signals, predecessor?.keeperFd);
  if (predecessor) {
    predecessor.onGone(() => platform.leftByPredecessor());
    predecessor.keeper.write(`pid ${process.pid}\n`);
    predecessor.serving(platform.forwarded);
  } else await greet(config, dataFolder, platform, signals.stop.signal);

  const orphaned = predecessor && once(predecessor.keeper.resume(), 'close').then(() => 'orphaned' as const);
  const end = await Promise.race([signals.stopped, replaced, ...(orphaned ? [orphaned] : [])]);
  if (typeof end === 'object') await keepTo(end, platform, signals, predecessor !== undefined);
  else await stop(platform, end === 'orphaned' || config.provider !== 'embedded', predecessor?.keeper);
}

async function stop(platform: Platform, keepReplicas: boolean, keeper: Socket | undefined): Promise<never> {
  const functions = keepReplicas ? 'the functions go on' : 'then the functions';
  process.stdout.write(`\nStopping: calls in flight may end, ${functions} ... `);
  await platform.close({ keepReplicas });
  process.stdout.write('done.\n');
  if (keeper && !keeper.destroyed) await new Promise<void>((written) => keeper.write('exit 0\n', () => written()));
  process.exit(0);
}

/** Another gateway serves: drains; then ends, or as the process that was started first stays, to keep the terminal. */
async function keepTo(
  successor: Successor,
  platform: Platform,
  signals: import('./hand-over/signals.ts').Signals,
  isChild: boolean,
): Promise<never> {
  const { Keeper } = await import('./hand-over/keeper.ts');
  const keeper = successor.keeperLink && new Keeper(successor.keeperLink, successor.pid);
  signals.passTo(() => keeper?.pid ?? successor.pid);
  // Whoever ends the gateway that serves, as Ctrl-C does, waits for no idle connection of this one.
  await Promise.race([platform.close(), successor.exited]);
  successor.disconnect();
  process.exit(isChild ? 0 : await keeper!.ended);
}

async function connectPredecessor() {
  const { RunningPredecessor } = await import('./hand-over/predecessor.ts');
  return new RunningPredecessor(process);
}

/** Resolves with the gateway that has replaced this one; an attempt that fails is logged, and this one goes on. */
function onTakeOver(
  platform: Platform,
  dataFolder: string,
  log: import('./log.ts').Log,
  signals: import('./hand-over/signals.ts').Signals,
  keeperFd: number | undefined,
): Promise<Successor> {
  const { promise, resolve } = Promise.withResolvers<Successor>();
  signals.onTakeOver(async () => {
    const { spawnSuccessor } = await import('./hand-over/successor.ts');
    const { writeTakeOverResult } = await import('./hand-over/take-over.ts');
    const { SUCCESSOR_FLAG } = await import('./hand-over/messages.ts');
    const args = process.argv.slice(2).filter((arg) => arg !== SUCCESSOR_FLAG);
    let result: import('./hand-over/take-over.ts').TakeOverResult;
    try {
      const successor = await spawnSuccessor({
        // By way of the script: the sources that are there now may bring another Node.
        command: 'sh',
        args: [join(root, 'tools/node'), import.meta.filename, ...args, SUCCESSOR_FLAG],
        env: process.env,
        listeners: platform.listeners,
        keeperFd,
      });
      await platform.handOver(successor);
      signals.passTo(() => successor.pid);
      resolve(successor);
      log.info({ pid: successor.pid }, `Replaced by the gateway with process id ${successor.pid}`);
      result = { pid: successor.pid, replaced: process.pid };
    } catch (error) {
      log.error({ err: error }, 'The new gateway did not take over, this one goes on');
      result = { failure: `The new gateway did not take over: ${(error as Error).message}` };
    }
    try {
      writeTakeOverResult(dataFolder, result);
    } catch (error) {
      log.warn({ err: error }, 'Whoever asked for the take-over cannot be told');
    }
  });
  return promise;
}

async function createProvider(
  config: GatewayConfig,
  dataDir: string,
  log: (line: string) => void,
  handedOver: unknown,
): Promise<import('../provider/provider.ts').Provider> {
  if (config.provider === 'swarm') {
    const { createSwarmProvider } = await import('../provider/swarm/swarm-provider.ts');
    const { network, registryConfig } = config;
    return createSwarmProvider({ network, registryConfig, log });
  }
  const { createEmbeddedProvider } = await import('../provider/embedded/embedded-provider.ts');
  return createEmbeddedProvider({
    dataDir,
    watchdogPath: join(root, `dist/fwatchdog-linux-${process.arch === 'arm64' ? 'arm64' : 'x64'}`),
    nodePath: process.execPath,
    user: { uid: process.getuid?.() ?? -1 },
    environment: process.env,
    log,
    limits: { uploadBytes: config.maxBundleBytes, warmPool: config.warmPool },
    ...(handedOver !== undefined && { handedOver: handedOver as HandedOver }),
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
  const wanted = config.sample && config.provider === 'embedded' && functions === 0 && url.startsWith('http:');
  const sample = wanted ? await deploySample({ url, dataFolder, cli, env: process.env, signal }) : undefined;
  if (signal.aborted) return;
  const deployed = sample !== undefined && 'answer' in sample ? functions + 1 : functions;
  const elsewhere = dataFolder === defaultDataFolder() ? undefined : dataFolder;
  const colour = process.stdout.isTTY && process.stdout.hasColors();
  process.stdout.write(
    greeting({
      url,
      metricsUrl,
      login,
      cli,
      dataFolder: elsewhere,
      functions: deployed,
      sample,
      colour,
      endsFunctions: config.provider === 'embedded',
    }),
  );
}

function defaultDataFolder(): string {
  if (process.getuid?.() === 0) return '/var/lib/dunlin';
  return join(process.env.XDG_STATE_HOME || join(homedir(), '.local', 'state'), 'dunlin');
}

function fail(message: string): undefined {
  process.stderr.write(`${message}\n`);
  process.exitCode = 1;
}
