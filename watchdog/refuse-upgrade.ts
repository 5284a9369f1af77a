import type { Duplex } from 'node:stream';
import { INTERNAL_HEADER } from '../common/http/problem.ts';
import { REASONS } from '../common/http/status-codes.ts';

/** Answers a request for another protocol that is not served, by its bare connection, and closes that. `body` is ASCII. */
export function refuseUpgrade(socket: Duplex, status: number, body: string, internal: string): void {
  socket.end(
    `HTTP/1.1 ${status} ${REASONS[status]}\r\nContent-Type: text/plain\r\n${INTERNAL_HEADER}: ${internal}\r\n` +
      `Content-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
  );
}
