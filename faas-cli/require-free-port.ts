import { once } from 'node:events';
import { createServer } from 'node:net';
import { FaasError } from '../common/errors.ts';

/**
 * For a program that is about to listen on the port of `--port`, and could say less well what is wrong.
 *
 * @param port 0 is always free
 * @param host as the program will listen; all addresses without it
 * @throws FaasError `invalid_request` when it is taken or not allowed
 */
export async function requireFreePort(port: number, host?: string): Promise<void> {
  if (port < 0 || port > 65_535)
    throw new FaasError('invalid_request', `--port must be a whole number from 0 to 65535, got ${port}`);
  const server = createServer().listen(port, host);
  try {
    await once(server, 'listening');
    server.close();
    await once(server, 'close');
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const why = code === 'EADDRINUSE' ? `is taken by another program ("ss -ltnp sport = :${port}" names it)` : message;
    throw new FaasError('invalid_request', `port ${port} ${why}; choose another with --port, 0 is a free one`, {
      cause,
    });
  }
}
