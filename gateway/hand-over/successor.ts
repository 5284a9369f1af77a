import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Server } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Successor } from '../start.ts';
import { type FromSuccessor, KEEPER_FD, type ToSuccessor } from './messages.ts';

/** For each step; a machine that is busy, and thousands of functions, take their time. */
const STEP_MS = 60_000;

export interface SuccessorOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly listeners: readonly [Server, Server];
  /** This gateway's own pipe to the keeper; undefined when this process becomes the keeper. */
  readonly keeperFd: number | undefined;
}

/** A gateway that was started to replace this one. */
export interface SpawnedSuccessor extends Successor {
  /** The other end of the pipe that it was given, when none was passed on. */
  readonly keeperLink: Duplex | undefined;
  /** Resolves once its process is no more. */
  readonly exited: Promise<unknown>;
  /** This gateway has drained: nothing is forwarded any more. */
  disconnect(): void;
}

/**
 * Starts a gateway with this one's sockets, in a session of its own: signals of the terminal come by the keeper only,
 * each once.
 *
 * @throws Error that says why it did not get as far as to wait for the state
 */
export async function spawnSuccessor(options: SuccessorOptions): Promise<SpawnedSuccessor> {
  const { command, args, env, listeners, keeperFd } = options;
  const child = spawn(command, args, {
    env: { ...env },
    detached: true,
    stdio: ['inherit', 'inherit', 'inherit', ...listeners.map(descriptorOf), keeperFd ?? 'pipe', 'ipc'],
  });
  const exited = once(child, 'exit').catch(() => undefined);
  const kill = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
    child.kill('SIGKILL');
    await exited;
  };
  try {
    await message(child, 'loaded');
  } catch (error) {
    await kill();
    throw error;
  }
  return {
    pid: child.pid!,
    keeperLink: keeperFd !== undefined ? undefined : ((child.stdio as readonly unknown[])[KEEPER_FD] as Duplex),
    async start(handedOver) {
      // What became of it shows by its end.
      child.send({ type: 'state', handedOver } satisfies ToSuccessor, () => undefined);
      return (await message(child, 'serving')).forwarded;
    },
    exited,
    kill,
    disconnect: () => void (child.connected && child.disconnect()),
  };
}

/** Node gives no other way to it, and has had this one from the beginning. */
const descriptorOf = (server: Server): number => (server as Server & { _handle: { fd: number } })._handle.fd;

/** Resolves with the successor's next message when it is the one expected. */
async function message<T extends FromSuccessor['type']>(
  child: ChildProcess,
  type: T,
): Promise<Extract<FromSuccessor, { type: T }>> {
  const { promise, resolve, reject } = Promise.withResolvers<FromSuccessor>();
  const onExit = (code: number | null, signal: string | null): void =>
    reject(new Error(`it ended by ${signal ?? `exit code ${code}`} before it was ready`));
  const timer = setTimeout(() => reject(new Error(`it was not ready within ${STEP_MS / 1000} s`)), STEP_MS);
  child
    .once('message', resolve as (message: unknown) => void)
    .once('exit', onExit)
    .once('error', reject);
  try {
    if (child.exitCode !== null || child.signalCode !== null) onExit(child.exitCode, child.signalCode);
    const received = await promise;
    if (received.type === type) return received as Extract<FromSuccessor, { type: T }>;
    throw new Error(received.type === 'failed' ? received.message : `it said "${received.type}" out of turn`);
  } finally {
    clearTimeout(timer);
    child
      .off('message', resolve as (message: unknown) => void)
      .off('exit', onExit)
      .off('error', reject);
  }
}
