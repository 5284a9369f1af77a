import type { ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

/** What node:http could not read: a head too large or too late, or no HTTP. */
const CLIENT_ERRORS: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
};
/** A socket closed on unread bytes is reset, and the client may lose the answer by that. */
const LINGER_MS = 1000;

export function answerClientError(error: NodeJS.ErrnoException, socket: Duplex): void {
  // Each further piece of what cannot be read comes here again.
  if (socket.writableEnded) return;
  // Node's own rule: in the middle of an answer to an earlier request, a second head would be read as its body.
  const answering = (socket as Duplex & { _httpMessage?: ServerResponse | null })._httpMessage;
  if (error.code === 'ECONNRESET' || !socket.writable || answering?.headersSent) {
    socket.destroy();
    return;
  }
  const status = CLIENT_ERRORS[error.code ?? ''] ?? '400 Bad Request';
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
  const cut = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once('close', () => clearTimeout(cut));
}
