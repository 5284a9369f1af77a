import { Socket, type SocketConstructorOpts } from 'node:net';
import { READ_BUFFER } from '../read-buffer.ts';

/** What Node has, and does not document, to give `onread` to a socket that a server accepted. */
type Accepted = Socket & { _handle?: object | null; _server?: object | null };
type Wrapping = Omit<SocketConstructorOpts, 'handle'> & { readonly handle: object };

/** A connection whose bytes are read past its stream. */
export interface DirectReads {
  /** The connection, perhaps as another socket. */
  readonly socket: Socket;
  /** Gives a chunk to the stream after all, for whoever reads that. @returns as `onRead` */
  push(chunk: Buffer): boolean;
}

/**
 * Has the bytes of an accepted connection given to `onRead` past the stream, which saves a tenth of what a request
 * costs; false pauses. They may lie in the shared read buffer.
 *
 * @returns undefined where that cannot be done, as with TLS; `accepted` is as it was then
 */
export function readDirectly(accepted: Socket, onRead: (chunk: Buffer) => boolean): DirectReads | undefined {
  if ('encrypted' in accepted) return undefined;
  return process.versions.bun === undefined ? intoSharedBuffer(accepted, onRead) : pastStream(accepted, onRead);
}

/** Node allocates 64 KB for each read of an accepted socket otherwise. */
function intoSharedBuffer(accepted: Socket, onRead: (chunk: Buffer) => boolean): DirectReads | undefined {
  const { _handle: handle, _server: server } = accepted as Accepted;
  if (!handle || !server) return undefined;
  (accepted as Accepted)._handle = null;
  (accepted as Accepted)._server = null;
  const onread = {
    buffer: READ_BUFFER,
    callback: (size: number) => onRead(size === READ_BUFFER.length ? READ_BUFFER : READ_BUFFER.subarray(0, size)),
  };
  const socket = new Socket({ handle, onread } as Wrapping as SocketConstructorOpts);
  // By these the server counts its connections.
  Object.assign(socket, { _server: server, server });
  // Nothing comes by the stream but its end.
  socket.resume();
  return { socket, push: (chunk) => socket.push(chunk) };
}

/** Bun makes a buffer for each read, and gives it to the stream by `push`. */
function pastStream(socket: Socket, onRead: (chunk: Buffer) => boolean): DirectReads {
  const push = socket.push.bind(socket);
  socket.push = (chunk: Buffer | null) => (chunk === null ? push(null) : onRead(chunk));
  socket.resume();
  return { socket, push };
}
