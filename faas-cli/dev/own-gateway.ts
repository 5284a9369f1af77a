import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { FaasError } from '../../common/errors.ts';
import { basicToken } from '../config/credentials.ts';
import { requireFreePort } from '../require-free-port.ts';

/** A gateway with the embedded engine that lives as long as one command. */
export interface OwnGateway {
  readonly url: string;
  readonly authorization: string;
  readonly dataFolder: string;
  /** Settles only when it ends by itself: rejects. */
  readonly ended: Promise<never>;
  /** Ends it and its functions, calls in flight first, and removes its data. */
  close(): Promise<void>;
}

export interface OwnGatewayOptions {
  readonly checkout: string;
  /** 0 is a free one. */
  readonly port: number;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Gets the lines of its log. */
  readonly onLine: (line: string) => unknown;
}

/**
 * Resolves once it is ready for calls.
 *
 * @throws FaasError `invalid_request` when the port is taken; `provider_unavailable` with what it said, when it ends
 *   before
 */
export async function startOwnGateway({ checkout, port, env, onLine }: OwnGatewayOptions): Promise<OwnGateway> {
  await requireFreePort(port, '127.0.0.1');
  const dataFolder = await mkdtemp(join(tmpdir(), 'dunlin-dev-'));
  const args = ['--port', String(port), '--metrics-port', '0', '--data', dataFolder, '--no-sample'];
  // A group of its own: Ctrl-C reaches it by us, so that it is ended once, and after what uses it.
  const child = spawn('sh', [join(checkout, 'tools/node'), join(checkout, 'gateway/main.ts'), ...args], {
    // Its requests are this command's own.
    env: { dunlin_log_level: 'warn', ...env, dunlin_log: 'text' },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const exited = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>;
  let closed: Promise<void> | undefined;
  const close = async () => {
    child.kill('SIGTERM');
    await exited.catch(() => undefined);
    await rm(dataFolder, { recursive: true, force: true });
  };
  let ready = false;
  const said: string[] = [];
  createInterface(child.stderr).on('line', (line) => (ready ? onLine(line) : said.push(line)));
  const started = new Promise<void>((resolve, reject) => {
    createInterface(child.stdout).on('line', (line) => line.includes('Dunlin is ready') && resolve());
    exited.then(() => reject(new FaasError('provider_unavailable', said.join('\n') || 'the gateway ended')), reject);
  });
  try {
    await started;
    ready = true;
    const { url, userFile, passwordFile } = JSON.parse(await readFile(join(dataFolder, 'gateway.json'), 'utf8'));
    const [user, password] = await Promise.all([readFile(userFile, 'utf8'), readFile(passwordFile, 'utf8')]);
    return {
      url,
      authorization: `Basic ${basicToken(user.trim(), password.trim())}`,
      dataFolder,
      ended: exited.then(([code, signal]) => {
        if (closed) return new Promise<never>(() => {});
        throw new FaasError('provider_unavailable', `the gateway ended by itself: ${signal ?? `exit code ${code}`}`);
      }),
      close: () => (closed ??= close()),
    };
  } catch (error) {
    await close();
    throw error;
  }
}
