import { once } from 'node:events';
import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';
import test, { type ExecutionContext } from 'ava';
import { RawPeer } from '../common/http/testing/raw-peer.ts';
import { certificate } from './testing/certificate.ts';
import { authorization, start } from './testing/start.ts';

const HOST = 'Host: a\r\n';
const CALL = `GET /function/echo/x HTTP/1.1\r\n${HOST}\r\n`;
const HEALTH = `GET /healthz HTTP/1.1\r\n${HOST}\r\n`;

async function withEcho(t: ExecutionContext, env: Record<string, string> = {}) {
  const platform = await start(t, env);
  platform.provider.images.set('echo:latest', (req, res) => {
    const pieces: Buffer[] = [];
    req.on('data', (piece: Buffer) => pieces.push(piece));
    req.on('end', () => res.end(`${req.method} ${req.url} ${Buffer.concat(pieces)};`));
  });
  await platform.deploy('echo');
  const open = (): RawPeer => {
    const peer = new RawPeer(connect(platform.port, '127.0.0.1'));
    t.teardown(() => peer.socket.destroy());
    return peer;
  };
  return { ...platform, open };
}

/** What came, without the headers but those of the connection. */
const shown = (received: string): string[] =>
  received.split(/\r\n/).filter((line) => /^(?:HTTP|Connection|\S+ \/\S* .*;|OK)/.test(line));

test('calls and the API share a connection, also where requests do not wait for answers', async (t) => {
  const { open } = await withEcho(t);
  const client = open();
  await client.write(CALL + HEALTH + CALL + HEALTH);
  await client.until(/OK[\s\S]*OK/);
  await client.write(CALL);
  await client.until(/(?:GET \/x ;[\s\S]*){3}/);
  const ok = ['HTTP/1.1 200 OK', 'Connection: keep-alive'];
  const order = shown(client.received.replaceAll(';HTTP', ';\r\nHTTP').replaceAll('OKHTTP', 'OK\r\nHTTP'));
  t.deepEqual(
    order,
    [CALL, HEALTH, CALL, HEALTH, CALL].flatMap((sent) => [...ok, sent === CALL ? 'GET /x ;' : 'OK']),
  );
});

test('a request for the API may come in any pieces behind a call', async (t) => {
  const { open } = await withEcho(t);
  const client = open();
  const secret = JSON.stringify({ name: 's', value: 'v' });
  const post = `POST /system/secrets HTTP/1.1\r\n${HOST}Authorization: ${authorization}\r\nContent-Length: ${secret.length}\r\n\r\n${secret}`;
  const whole = CALL + post + HEALTH;
  for (let at = 0; at < whole.length; at += 23) await client.writePieces([whole.slice(at, at + 23)]);
  await client.until(/GET \/x ;[\s\S]*HTTP\/1\.1 202 [\s\S]*\r\n\r\nOK/);
  t.pass();
});

test('the API answers 100 Continue behind a call', async (t) => {
  const { open } = await withEcho(t);
  const client = open();
  await client.write(
    `${CALL}POST /system/secrets HTTP/1.1\r\n${HOST}Authorization: ${authorization}\r\nExpect: 100-continue\r\nContent-Length: 24\r\n\r\n`,
  );
  await client.until('HTTP/1.1 100 Continue\r\n\r\n');
  await client.write('{"name":"s","value":"v"}');
  await client.until(/HTTP\/1\.1 202 /);
  t.pass();
});

test('a connection turns into a WebSocket after a call', async (t) => {
  const { open, provider, deploy } = await withEcho(t);
  provider.upgrades.set('ws:latest', (_req, socket) => {
    socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n');
    socket.on('error', () => undefined).pipe(socket);
  });
  await deploy('ws');
  const client = open();
  await client.write(
    `${CALL}GET /function/ws HTTP/1.1\r\n${HOST}Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`,
  );
  await client.until('HTTP/1.1 101 ');
  await client.write('ping');
  await client.until(/\r\n\r\nping$/);
  t.pass();
});

test('by TLS, too, calls and the API share a connection', async (t) => {
  const { deploy, port } = await start(t, {}, certificate);
  await deploy('echo');
  const socket = connectTls({ port, host: '127.0.0.1', ca: certificate.cert });
  const client = new RawPeer(socket);
  t.teardown(() => socket.destroy());
  await once(socket, 'secureConnect');
  const call = CALL.replace('/x', '');
  await client.write(call + HEALTH + call);
  await client.until(/200 OK[\s\S]*200 OK[\s\S]*\r\n\r\nOK[\s\S]*200 OK/);
  t.pass();
});

test('what is no HTTP is refused with a problem, and nothing behind it is served', async (t) => {
  const { open, request } = await withEcho(t);
  const client = open();
  await client.write(`${CALL}GET /function/echo HTTP/1.1\r\n${HOST}Bad Name: x\r\n\r\n${HEALTH}`);
  await client.until(() => client.ended);
  t.regex(client.received, /GET \/x ;HTTP\/1\.1 400 [\s\S]*"code":"invalid_request"/);
  t.false(client.received.includes('OK\r\n\r\n'));
  t.is((await request('/healthz')).status, 200);
});

test('a chunked body that is too large before the call has begun is 413', async (t) => {
  const { open } = await withEcho(t, { dunlin_max_body: '4' });
  const client = open();
  await client.write(
    `POST /function/echo HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n${CALL}`,
  );
  await client.until(/HTTP\/1\.1 413 [\s\S]*GET \/x ;/);
  t.pass();
});

test('connections that are idle end when the gateway has stopped, one whose call outlives that with its call', async (t) => {
  const { gateway, open, provider, deploy } = await withEcho(t, { dunlin_drain_timeout: '1h' });
  const { promise: called, resolve } = Promise.withResolvers<() => void>();
  provider.images.set('slow:latest', (_req, res) => {
    res.writeHead(200, { 'content-length': 4 }).flushHeaders();
    resolve(() => res.end('done'));
  });
  await deploy('slow');
  const [busy, idle, api] = [open(), open(), open()];
  await busy.write(`GET /function/slow HTTP/1.1\r\n${HOST}\r\n`);
  const finish = await called;
  await busy.until('keep-alive');
  await idle.write(CALL);
  await idle.until(';');
  await api.write(HEALTH);
  await api.until('OK');
  const closing = gateway.close();
  await Promise.all([idle, api].map((client) => client.until(() => client.ended)));
  t.false(busy.ended);
  finish();
  await busy.until(/done$/);
  await busy.until(() => busy.ended);
  await closing;
});

test('a head that comes slowly behind a call has read_timeout of its own', async (t) => {
  const { open } = await withEcho(t, { read_timeout: '500ms', write_timeout: '1h' });
  const client = open();
  await client.write(CALL);
  await client.until(';');
  await client.write('GET /function/echo HTTP/1.1\r\nHost');
  await client.until(() => client.ended);
  t.regex(client.received, /HTTP\/1\.1 408 /);
});
