import { once } from 'node:events';
import { connect } from 'node:net';
import type { Address } from '../../common/http/upstream.ts';

const HEAD_END = '\r\n\r\n';

/**
 * Sends `request` over one connection, again as soon as its answer is whole, for `ms`; a bare socket, so that little of
 * what is measured is the client.
 *
 * @returns how long each took, in microseconds
 * @throws Error for an answer other than 200, or one without Content-Length
 */
export async function roundTrips(address: Address, request: string, ms: number): Promise<number[]> {
  const socket = connect({ ...address, noDelay: true });
  await once(socket, 'connect');
  const times: number[] = [];
  const until = performance.now() + ms;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let received = '';
  let sentAt = 0;
  const send = (): void => {
    received = '';
    sentAt = performance.now();
    socket.write(request, 'latin1');
  };
  socket.on('data', (chunk: Buffer) => {
    received += chunk.toString('latin1');
    const end = received.indexOf(HEAD_END);
    if (end === -1) return;
    const length = /\r\ncontent-length: *(\d+)\r\n/i.exec(received.slice(0, end + 2))?.[1];
    if (!received.startsWith('HTTP/1.1 200') || length === undefined) return reject(new Error(received));
    if (received.length < end + HEAD_END.length + Number(length)) return;
    const now = performance.now();
    times.push((now - sentAt) * 1000);
    if (now < until) send();
    else resolve();
  });
  socket.on('error', reject);
  socket.on('close', () => reject(new Error('the connection was closed')));
  send();
  await promise;
  socket.destroy();
  return times;
}
