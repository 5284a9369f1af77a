import { existsSync, watch } from 'node:fs';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Address } from '../../common/http/upstream.ts';

const FIRST_PAUSE_MS = 2;
const LONGEST_PAUSE_MS = 50;

/**
 * Resolves with the first of `addresses` that accepts connections; never fails but by `signal`. A Unix socket, which
 * is alone, is awaited by watching its folder; for a port nothing tells, so it is tried with growing pauses.
 */
export async function awaitListening(addresses: readonly Address[], signal: AbortSignal): Promise<Address> {
  const [first] = addresses;
  if (first !== undefined && 'path' in first) await awaitFile(first.path, signal);
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 1.5, LONGEST_PAUSE_MS)) {
    for (const address of addresses) if (await accepts(address)) return address;
    await delay(pause, undefined, { signal });
  }
}

async function awaitFile(path: string, signal: AbortSignal): Promise<void> {
  const there = Promise.withResolvers<void>();
  const look = (): void => {
    if (existsSync(path)) there.resolve();
  };
  const onAbort = (): void => there.reject(signal.reason);
  const watcher = watch(dirname(path), look);
  watcher.on('error', there.reject);
  signal.addEventListener('abort', onAbort, { once: true });
  look();
  try {
    await there.promise;
  } finally {
    watcher.close();
    signal.removeEventListener('abort', onAbort);
  }
}

function accepts(address: Address): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect('path' in address ? { path: address.path } : { host: address.host, port: address.port });
    socket.once('error', () => resolve(false));
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
  });
}
