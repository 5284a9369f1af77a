import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/** Below those that the system itself gives away, to connections as well: on Linux from 32768 on. */
const FIRST = 20_000;
const LAST = 32_767;
const TRIES = 100;

/**
 * A port that is free, for a program that cannot say which one it chose. It finds the port taken only if somebody chose
 * the very same one since.
 *
 * @throws Error of node:net when nobody may listen on `host`, or all of many ports tried are taken
 */
export async function freePort(host = '127.0.0.1'): Promise<number> {
  for (let tries = 1; ; tries++) {
    const port = randomInt(FIRST, LAST + 1);
    const server = createServer().listen(port, host);
    try {
      await once(server, 'listening');
    } catch (error) {
      if (tries < TRIES && (error as NodeJS.ErrnoException).code === 'EADDRINUSE') continue;
      throw error;
    }
    server.close();
    await once(server, 'close');
    return port;
  }
}
