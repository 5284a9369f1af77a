import { chmodSync, existsSync } from 'node:fs';
import { connect, type Server } from 'node:net';
import { removeSocket } from './remove-socket.ts';

export type ListenTarget = { readonly port: number } | { readonly path: string };

/**
 * Listens on all interfaces, or on a Unix socket that only its owner and group may use. A socket file that nobody
 * listens on any more is replaced. Resolves with the port, 0 for a socket.
 *
 * @throws Error of one line that says what is taken or forbidden, and what to do
 */
export async function listen(server: Server, target: ListenTarget, setting: string): Promise<number> {
  if ('path' in target && existsSync(target.path)) {
    if (await answers(target.path)) throw new Error(`${setting}: ${target.path} is in use by another process`);
    removeSocket(target.path, setting);
  }
  const listening = Promise.withResolvers<void>();
  server.once('listening', listening.resolve).once('error', listening.reject);
  try {
    if ('path' in target) server.listen({ path: target.path });
    else server.listen({ port: target.port });
    await listening.promise;
  } catch (cause) {
    throw new Error(explain(cause as NodeJS.ErrnoException, target, setting), { cause });
  }
  if ('path' in target) {
    chmodSync(target.path, 0o660);
    return 0;
  }
  return (server.address() as { port: number }).port;
}

function explain(error: NodeJS.ErrnoException, target: ListenTarget, setting: string): string {
  const where = 'path' in target ? target.path : `port ${target.port}`;
  switch (error.code) {
    case 'EADDRINUSE':
      return `${setting}: ${where} is in use by another process; end it, or set ${setting} to a free one`;
    case 'EACCES':
      return `${setting}: no permission to listen on ${where}`;
    case 'ENOENT':
      return `${setting}: the folder of ${where} does not exist`;
    default:
      return `${setting}: cannot listen on ${where}: ${error.message}`;
  }
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ path });
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
