import { once } from 'node:events';
import { Agent, get } from 'node:http';
import { connect, type Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import type { Served } from './load.ts';
import { memoryMb } from './watchdog-process.ts';

/** Connections opened at once: more than this would wait for the listener's queue. */
const OPENING = 200;
/** How often a slow client sends one byte more. */
const DRIP_MS = 1000;
/** Calls at once. */
const CALLERS = 8;

export interface Times {
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export interface CrowdOptions {
  /** Connections that say nothing. */
  readonly idle: number;
  /** Connections whose request comes byte by byte, half of them in its head, half in its body. */
  readonly slow: number;
  /** Each way: before the crowd is there, and beside it. Half on connections of their own. */
  readonly calls: number;
  readonly path: string;
}

/** How calls of `path` fare while many clients keep connections and do nothing, or as little as they can. */
export async function crowd(
  { pid, port }: Pick<Served, 'pid' | 'port'>,
  { idle, slow, calls, path }: CrowdOptions,
): Promise<{ failed: number; alone: Times; crowded: Times; rssMb: number }> {
  const alone = await call(port, path, calls);
  const sockets: Socket[] = [];
  const heads = [
    `GET ${path} HTTP/1.1\r\nHost: a\r\nX-Slow: `,
    `POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Length: 9999\r\n\r\n`,
  ];
  while (sockets.length < idle + slow)
    sockets.push(...(await openSome(port, Math.min(OPENING, idle + slow - sockets.length))));
  const slowOnes = sockets.slice(idle);
  for (const [i, socket] of slowOnes.entries()) socket.write(heads[i % 2]!);
  const drip = setInterval(() => {
    for (const socket of slowOnes) socket.write('x');
  }, DRIP_MS);
  try {
    const crowded = await call(port, path, calls);
    return { failed: alone.failed + crowded.failed, alone, crowded, rssMb: memoryMb(pid, 'VmRSS') };
  } finally {
    clearInterval(drip);
    for (const socket of sockets) socket.destroy();
  }
}

async function openSome(port: number, count: number): Promise<Socket[]> {
  const sockets = Array.from({ length: count }, () => connect(port, '127.0.0.1').on('error', () => undefined));
  await Promise.all(sockets.map((socket) => once(socket, 'connect')));
  return sockets;
}

async function call(port: number, path: string, calls: number): Promise<Times & { failed: number }> {
  const kept = new Agent({ keepAlive: true });
  const times: number[] = [];
  let next = 0;
  const caller = async (): Promise<void> => {
    while (next < calls) {
      const agent = next++ % 2 === 0 ? kept : false;
      const startedAt = performance.now();
      if (await isAnswered(port, path, agent)) times.push(performance.now() - startedAt);
    }
  };
  await Promise.all(Array.from({ length: CALLERS }, caller));
  kept.destroy();
  times.sort((a, b) => a - b);
  const at = (share: number): number => times[Math.floor(times.length * share)] ?? Number.NaN;
  return { p50Ms: at(0.5), p99Ms: at(0.99), failed: calls - times.length };
}

async function isAnswered(port: number, path: string, agent: Agent | false): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  get({ host: '127.0.0.1', port, path, agent }, (answer) => {
    buffer(answer).then(
      () => resolve(answer.statusCode === 200),
      () => resolve(false),
    );
  }).on('error', () => resolve(false));
  return promise;
}
