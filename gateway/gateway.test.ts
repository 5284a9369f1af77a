import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { Agent, request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import test from 'ava';
import { readConfig } from '../common/config.ts';
import { temporaryFolder } from '../test/harness/temporary-folder.ts';
import { TokenStore } from './auth/token-store.ts';
import { gatewaySchema } from './config.ts';
import { startGateway } from './gateway.ts';
import { createLog } from './log.ts';
import { certificate } from './testing/certificate.ts';
import { MemoryProvider } from './testing/memory-provider.ts';
import { start } from './testing/start.ts';
import { readTls } from './tls.ts';

test('closing lets a call in flight end, refuses new ones and ends kept connections', async (t) => {
  const { gateway, deploy, provider, port } = await start(t);
  const { promise: called, resolve } = Promise.withResolvers<() => void>();
  provider.images.set('slow:latest', (_req, res) => resolve(() => res.end('done')));
  await deploy('slow');
  const agent = new Agent({ keepAlive: true });
  t.teardown(() => agent.destroy());
  const answer = once(httpRequest({ port, agent, path: '/function/slow' }).end(), 'response');
  const finish = await called;
  const closing = gateway.close();
  await t.throwsAsync(once(httpRequest({ port, path: '/function/slow' }).end(), 'response'), { code: 'ECONNREFUSED' });
  finish();
  const [res] = (await answer) as [IncomingMessage];
  t.is(await text(res), 'done');
  await closing;
});

test('a client that sends its next request on an idle connection as the gateway stops gets its answer, and the end of the connection with it', async (t) => {
  const { gateway, deploy, port } = await start(t);
  await deploy('echo');
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  t.teardown(() => agent.destroy());
  const call = async () => {
    const [res] = (await once(httpRequest({ port, agent, path: '/function/echo' }).end(), 'response')) as [
      IncomingMessage,
    ];
    await text(res);
    return { status: res.statusCode, connection: res.headers.connection };
  };
  t.deepEqual(await call(), { status: 200, connection: 'keep-alive' });
  const closing = gateway.close();
  t.deepEqual(await call(), { status: 200, connection: 'close' });
  await closing;
});

test('closing cuts what has not ended by the deadline, and may be asked for twice', async (t) => {
  const { gateway, deploy, provider, port } = await start(t, { dunlin_drain_timeout: '20ms' });
  const { promise: called, resolve } = Promise.withResolvers<void>();
  provider.images.set('slow:latest', () => resolve());
  await deploy('slow');
  const cut = once(httpRequest({ port, path: '/function/slow' }).end(), 'response');
  await called;
  t.is(gateway.close(), gateway.close());
  await t.throwsAsync(cut, { message: /socket hang up/ });
  await gateway.close();
});

test('calls that wait for a replica are told when the gateway stops', async (t) => {
  const { gateway, deploy, provider, request, untilWaiting } = await start(t);
  provider.holding = true;
  await deploy('echo');
  const answer = request('/function/echo');
  await untilWaiting(1);
  await gateway.close();
  t.is((await answer).status, 503);
});

test('a taken port is an error that carries it, and nothing is left open', async (t) => {
  const { port } = await start(t);
  await using provider = new MemoryProvider();
  const config = readConfig(gatewaySchema, { dunlin_port: String(port), dunlin_metrics_port: '0' });
  const version = { release: '1', sha: 'a' };
  const log = createLog({ format: 'json', write: () => undefined });
  await t.throwsAsync(
    startGateway({
      provider,
      config,
      credentials: undefined,
      tokens: new TokenStore('', []),
      tls: undefined,
      version,
      log,
    }),
    { code: 'EADDRINUSE' },
  );
});

test('a head larger than the limit is 431', async (t) => {
  const { request } = await start(t, { dunlin_max_header: '16Ki' });
  t.is((await request('/healthz', { headers: { 'x-big': 'x'.repeat(15 * 1024) } })).status, 200);
  t.is((await request('/healthz', { headers: { 'x-big': 'x'.repeat(17 * 1024) } })).status, 431);
});

test('a client that does not finish its head is cut after read_timeout', async (t) => {
  const { port } = await start(t, { read_timeout: '500ms' });
  const socket = connect(port, '127.0.0.1');
  socket.write('GET /healthz HTTP/1.1\r\nHost: a\r\nX-Slow:');
  t.regex(await text(socket), /^HTTP\/1\.1 408 /);
});

test('a body that does not arrive within read_timeout is answered', async (t) => {
  const { port } = await start(t, { read_timeout: '500ms' });
  const { authorization } = await import('./testing/start.ts');
  const socket = connect(port, '127.0.0.1');
  socket.write(
    `POST /system/functions HTTP/1.1\r\nHost: a\r\nAuthorization: ${authorization}\r\nContent-Length: 9\r\n\r\n{`,
  );
  const [head] = await once(socket.setEncoding('utf8'), 'data');
  t.regex(head, /^HTTP\/1\.1 504 [\s\S]*the gateway's read_timeout/);
  socket.destroy();
});

test('with a certificate API and calls are served by TLS, and the function is told so', async (t) => {
  const { deploy, provider, port } = await start(t, {}, certificate);
  provider.images.set('echo:latest', (req, res) => res.end(String(req.headers['x-forwarded-proto'])));
  await deploy('echo');
  const get = async (path: string) => {
    const req = httpsRequest({ port, host: '127.0.0.1', path, ca: certificate.cert, agent: false }).end();
    const [res] = (await once(req, 'response')) as [IncomingMessage];
    return text(res);
  };
  t.is(await get('/healthz'), 'OK');
  t.is(await get('/function/echo'), 'https');
});

test('certificate and key need each other, and must fit', async (t) => {
  const folder = await temporaryFolder(t);
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  const read = (env: Record<string, string>) => readTls(readConfig(gatewaySchema, env));
  t.is(await read({}), undefined);
  await t.throwsAsync(read({ dunlin_tls_cert: cert }), { message: /need each other/ });
  await t.throwsAsync(read({ dunlin_tls_cert: cert, dunlin_tls_key: key }), { message: /cannot be used: ENOENT/ });
  await writeFile(cert, certificate.cert);
  await writeFile(key, 'no key');
  await t.throwsAsync(read({ dunlin_tls_cert: cert, dunlin_tls_key: key }), { message: /cannot be used/ });
  await writeFile(key, certificate.key);
  t.deepEqual(await read({ dunlin_tls_cert: cert, dunlin_tls_key: key }), certificate);
});
