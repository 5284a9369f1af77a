import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import test from 'ava';
import { start } from '../testing/start.ts';

/** RFC 6455 section 1.3: what turns a key into the answer to it. */
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

const handshake = (path: string) =>
  `GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
  'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n';

async function withEcho(t: Parameters<typeof start>[0]) {
  const platform = await start(t);
  const upstream: { socket?: Duplex } = {};
  const seen: { url?: string | undefined; callId?: unknown } = {};
  platform.provider.upgrades.set('ws:latest', (req, socket) => {
    upstream.socket = socket;
    Object.assign(seen, { url: req.url, callId: req.headers['x-call-id'] });
    const accept = createHash('sha1').update(`${req.headers['sec-websocket-key']}${GUID}`).digest('base64');
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
    );
    socket.on('error', () => undefined).pipe(socket);
  });
  await platform.deploy('ws');
  const open = (path: string): Socket => {
    const socket = connect(platform.port, '127.0.0.1')
      .setEncoding('latin1')
      .on('error', () => undefined);
    t.teardown(() => socket.destroy());
    socket.write(handshake(path));
    return socket;
  };
  return { ...platform, seen, upstream, open };
}

test('a WebSocket is passed on byte for byte, with its path and a call id', async (t) => {
  const { open, seen } = await withEcho(t);
  const socket = open('/function/ws/a//b%2F?c=1');
  const [head] = await once(socket, 'data');
  t.regex(head, /^HTTP\/1\.1 101 /);
  t.regex(head, /s3pPLMBiTxaQ9kYGzzhZRbK\+xOo=/);
  t.is(seen.url, '/a//b%2F?c=1');
  t.truthy(seen.callId);
  socket.write('\x81\x05hello', 'latin1');
  const [echoed] = await once(socket, 'data');
  t.is(echoed, '\x81\x05hello');
});

test('a WebSocket of an unknown function is 404 with a problem', async (t) => {
  const { open } = await withEcho(t);
  const answer = await text(open('/function/ghost'));
  t.regex(answer, /^HTTP\/1\.1 404 Not Found\r\n/);
  t.regex(answer, /"code":"function_not_found"/);
  t.regex(await text(open('/ws')), /^HTTP\/1\.1 404 /);
});

test('a WebSocket whose replica is dead is 502 with a problem', async (t) => {
  const { open, provider } = await withEcho(t);
  await provider.kill({ name: 'ws', namespace: 'openfaas-fn' }, { notify: false });
  const answer = await text(open('/function/ws'));
  t.regex(answer, /^HTTP\/1\.1 502 Bad Gateway\r\n/);
  t.regex(answer, /X-OpenFaaS-Internal: gateway/i);
  t.regex(answer, /"code":"upstream_failed"/);
});

test('a WebSocket of a function at zero waits for its replica', async (t) => {
  const { open, provider } = await withEcho(t);
  await provider.scale({ name: 'ws', namespace: 'openfaas-fn' }, 0);
  const [head] = await once(open('/function/ws'), 'data');
  t.regex(head, /^HTTP\/1\.1 101 /);
});

test('open WebSockets are counted, and cut when the gateway stops', async (t) => {
  const { open, request, metricsPort, gateway, upstream } = await withEcho(t);
  const socket = open('/function/ws');
  await once(socket, 'data');
  const { body } = await request('/metrics', { port: metricsPort });
  t.regex(body, /\ngateway_websockets 1\n/);
  t.regex(body, /gateway_function_invocation_inflight\{function_name="ws\.openfaas-fn"\} 1\n/);
  const closed = Promise.all([once(socket, 'close'), once(upstream.socket!, 'close')]);
  await gateway.close();
  await closed;
  t.pass();
});
