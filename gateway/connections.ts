import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Gives a server's connections away as they come, unread, as long as somebody takes them.
 *
 * @returns lets the server have one of them itself
 */
export function distribute(server: Server, to: (socket: Socket) => boolean): (socket: Socket) => void {
  const serve = server.listeners('connection');
  server.removeAllListeners('connection');
  Object.assign(server, { pauseOnConnect: true });
  const keep = (socket: Socket): void => {
    socket.resume();
    for (const each of serve) each.call(server, socket);
  };
  server.on('connection', (socket: Socket) => {
    if (!to(socket)) keep(socket);
  });
  return keep;
}

/** Counts a connection as one of this server's, which is closed only when it has none left. */
export function adopt(server: Server, socket: Socket): void {
  Object.assign(socket, { _server: server, server });
  (server as Server & { _connections: number })._connections++;
}

/**
 * Takes a server's connections away from it, whether they come by TLS or not.
 *
 * @returns gives it one of them back
 */
export function divert(server: Server, to: (socket: Socket) => void): (socket: Socket) => void {
  const event = server.listenerCount('secureConnection') > 0 ? 'secureConnection' : 'connection';
  const [serve] = server.listeners(event);
  server.removeAllListeners(event).on(event, to);
  return (socket) => serve!.call(server, socket);
}
