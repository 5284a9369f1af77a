import { mkdir, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { dirname, join, resolve } from 'node:path';
import { FaasError } from '../common/errors.ts';
import type { Provider } from '../provider/provider.ts';
import { type Credentials, credentialFiles, ensureCredentials, readCredentials } from './auth/credentials.ts';
import { TokenStore } from './auth/token-store.ts';
import type { GatewayConfig } from './config.ts';
import { lockDataFolder } from './data-lock.ts';
import { isDiskFull } from './full-disk.ts';
import { type Gateway, startGateway } from './gateway.ts';
import { handOver } from './hand-over/hand-over.ts';
import { ProviderSwitch } from './hand-over/provider-switch.ts';
import type { Log } from './log.ts';
import { productVersion } from './product.ts';
import { readTls } from './tls.ts';

export interface PlatformOptions {
  readonly config: GatewayConfig;
  readonly dataFolder: string;
  readonly pid: number;
  readonly log: Log;
  /**
   * Opens the provider, once this process owns the data folder.
   *
   * @param handedOver what the provider before it said as it let go: see Provider.detach
   */
  createProvider(handedOver?: unknown): Promise<Provider>;
  /** The gateway that this one replaces. */
  readonly predecessor?: Predecessor;
}

/** What a gateway knows of the one that it replaces. */
export interface Predecessor {
  readonly apiFd: number;
  readonly metricsFd: number;
  /** Asks it for lock and state; resolves with what its provider said once both are this gateway's. */
  receive(): Promise<unknown>;
}

/** What a gateway knows of the one that replaces it. */
export interface Successor {
  readonly pid: number;
  /** Gives it the state. Resolves once it serves, with the path where it takes what is forwarded. */
  start(handedOver: unknown): Promise<string>;
  /** Resolves once it is no more. Idempotent. */
  kill(): Promise<void>;
}

export interface RunningPlatform {
  readonly url: string;
  readonly metricsUrl: string;
  /** Undefined: nobody needs to log in. */
  readonly login: { readonly user: string; readonly passwordFile: string } | undefined;
  readonly functions: number;
  /** Sockets that listen, for a successor to inherit: API and metrics. */
  readonly listeners: readonly [Server, Server];
  /** Where this gateway takes what its predecessor forwards. */
  readonly forwarded: string;
  /** The predecessor has ended. Idempotent. */
  leftByPredecessor(): void;
  /**
   * Makes another gateway the one that serves; resolves once it does. {@link close} then only drains.
   *
   * @throws Error that says why it did not come to that; this gateway goes on as before
   */
  handOver(successor: Successor): Promise<void>;
  /**
   * Drains the gateway, then ends the functions, then gives the folder back. Idempotent.
   *
   * @param keepReplicas leaves the functions running, for the next gateway to find
   */
  close(options?: { readonly keepReplicas?: boolean }): Promise<void>;
}

/**
 * Starts everything in order: the folder's lock, credentials, provider, gateway, the notice for faas-cli.
 *
 * @throws Error whose message is one line for the person who started it
 */
export async function startPlatform(options: PlatformOptions): Promise<RunningPlatform> {
  const { config, dataFolder, pid, log, predecessor } = options;
  const opened: (() => unknown)[] = [];
  let closed: Promise<void> | undefined;
  const closeAll = async (): Promise<void> => {
    for (const close of opened.reverse()) await close();
  };
  const close = (): Promise<void> => (closed ??= closeAll());
  try {
    await makeDataFolder(dataFolder);
    const handedOver = await predecessor?.receive();
    const lock = lockDataFolder(dataFolder, pid);
    // A successor that fails leaves it to the gateway that it was to replace: see hand-over.ts.
    let owns = !predecessor;
    opened.push(() => owns && lock.release());
    if (!predecessor) await checkPorts(config);
    const folder = config.secretMountPath || join(dataFolder, 'auth');
    const credentials = await credentialsOf(config, folder);
    const tls = await readTls(config);
    const provider = new ProviderSwitch(await options.createProvider(handedOver));
    opened.push(() => provider.close());
    const tokens = await TokenStore.open(join(dataFolder, 'tokens.json'));
    const forwarded = join(dataFolder, `gateway.${pid}.sock`);
    const gateway = await listen({
      provider,
      config,
      credentials,
      tokens,
      tls,
      version: productVersion(),
      log,
      workersSocket: join(dataFolder, `workers.${pid}.sock`),
      ...(predecessor && {
        inherited: { apiFd: predecessor.apiFd, metricsFd: predecessor.metricsFd, forwarded },
      }),
    });
    opened.push(() => gateway.close());
    const url = urlOf(config.host, gateway.address.port, tls ? 'https' : 'http');
    const metricsUrl = urlOf(config.host, gateway.metricsAddress.port);
    const files = credentials && credentialFiles(folder);
    const notice = join(dataFolder, 'gateway.json');
    // By this the same user's faas-cli finds address and credentials without a login.
    await writeFile(notice, `${JSON.stringify({ url, metricsUrl, pid, ...files }, undefined, 2)}\n`, { mode: 0o600 });
    const removeNotice = (): Promise<void> => rm(notice, { force: true });
    opened.push(removeNotice);
    const login = credentials && { user: credentials.user, passwordFile: files!.passwordFile };
    const replaced = (forwardTo: string): void => {
      opened.splice(0, opened.length, () => provider.close());
      opened.push(() => gateway.leave(forwardTo));
      provider.giveUp(new FaasError('provider_unavailable', 'This gateway was replaced; try again'));
      void close();
    };
    owns = true;
    return {
      url,
      metricsUrl,
      login,
      functions: gateway.functions,
      listeners: gateway.listeners,
      forwarded,
      leftByPredecessor: () => gateway.leftByPredecessor(),
      async handOver(successor) {
        replaced(await handOver(successor, { gateway, provider, lock, pid, createProvider: options.createProvider }));
      },
      close({ keepReplicas = false } = {}) {
        // Once the gateway has drained: calls may start functions until then.
        if (keepReplicas) opened.splice(opened.length - 2, 0, () => provider.detach());
        return close();
      },
    };
  } catch (error) {
    await close();
    throw isDiskFull(error)
      ? new Error(
          `The disk of the data folder ${dataFolder} is full (${error.message}); free some space there, or choose another folder with --data`,
          { cause: error },
        )
      : error;
  }
}

async function makeDataFolder(folder: string): Promise<void> {
  try {
    await makeFolders(resolve(folder));
    await writeFile(join(folder, '.writable'), '');
    await rm(join(folder, '.writable'));
  } catch (cause) {
    throw new Error(
      `The data folder ${folder} cannot be written (${(cause as Error).message}); choose another one with --data`,
      { cause },
    );
  }
}

/**
 * Not `recursive`: under /proc, where making a folder fails with ENOENT though its parent is there, Node never ends.
 */
async function makeFolders(folder: string): Promise<void> {
  try {
    await mkdir(folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' && (await stat(folder)).isDirectory()) return;
    if (code !== 'ENOENT' || (await isFolder(dirname(folder)))) throw error;
    await makeFolders(dirname(folder));
    await mkdir(folder);
  }
}

const isFolder = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );

async function credentialsOf(config: GatewayConfig, folder: string): Promise<Credentials | undefined> {
  if (!config.basicAuth) return undefined;
  return config.secretMountPath ? readCredentials(folder) : ensureCredentials(folder);
}

/** Before functions are started: a taken port shall not cost a start and a stop of them all. */
async function checkPorts({ host, port, metricsPort }: GatewayConfig): Promise<void> {
  for (const wanted of [port, metricsPort]) {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const probe = createServer().once('error', reject).listen(wanted, host, resolve);
    try {
      await promise;
      await new Promise((closed) => probe.close(closed));
    } catch (error) {
      throw listenError(error as NodeJS.ErrnoException);
    }
  }
}

async function listen(deps: Parameters<typeof startGateway>[0]): Promise<Gateway> {
  try {
    return await startGateway(deps);
  } catch (error) {
    throw listenError(error as NodeJS.ErrnoException);
  }
}

function listenError(error: NodeJS.ErrnoException & { port?: number; address?: string }): Error {
  const where = `${error.address}:${error.port}`;
  if (error.code === 'EADDRINUSE')
    return new Error(
      `Port ${error.port} is taken: another program listens on ${where} ("ss -ltnp" shows which); choose others with --port and --metrics-port`,
      { cause: error },
    );
  if (error.code === 'EACCES')
    return new Error(`Port ${error.port} may not be used by you; choose one above 1023 with --port`, { cause: error });
  if (error.code === 'EADDRNOTAVAIL' || error.code === 'ENOTFOUND')
    return new Error(`This machine has no address ${error.address ?? 'of that name'}; choose another with --host`, {
      cause: error,
    });
  return error;
}

/** Where a client on this machine reaches a server that listens on `host`. */
function urlOf(host: string, port: number, scheme = 'http'): string {
  if (host === '0.0.0.0' || host === '') return `${scheme}://127.0.0.1:${port}`;
  if (host === '::') return `${scheme}://[::1]:${port}`;
  return host.includes(':') ? `${scheme}://[${host}]:${port}` : `${scheme}://${host}:${port}`;
}
