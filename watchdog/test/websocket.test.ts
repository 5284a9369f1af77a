import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { ExecutionContext } from 'ava';
import { type Env, FUNCTIONS, RUNTIMES, type Running, start, test } from './harness.ts';

const SERVER: Env = {
  mode: 'http',
  fprocess: `${process.execPath} ${join(FUNCTIONS, 'http-server.mjs')}`,
  upstream_url: 'unix:',
  log_callid: 'true',
};

async function open(t: ExecutionContext, w: Running, target: string, protocol = 'websocket'): Promise<Socket> {
  const socket = connect(await w.port(), '127.0.0.1').setEncoding('latin1');
  t.teardown(() => socket.destroy());
  socket.write(
    `GET ${target} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: ${protocol}\r\nX-Call-Id: me\r\n\r\n`,
  );
  return socket;
}

for (const [runtime, command] of Object.entries(RUNTIMES)) {
  const named = (title: string): string => `http, ${runtime}: ${title}`;

  test(
    named('the line of a WebSocket has its call id; one whose caller leaves before the answer is a 499'),
    async (t) => {
      const w = await start(t, command, SERVER);
      const socket = await open(t, w, 'http://x.test/ws');
      await once(socket, 'data');
      socket.destroy();
      await w.line(/GET \/ws - 101 Switching Protocols - ContentLength: 0B \(\d+\.\d{4}s\) \[me\]\n/);
      const silent = await open(t, w, '/silent');
      // Answered after the watchdog has read the other one's request.
      await w.call({ path: '/created' });
      silent.destroy();
      await t.notThrowsAsync(w.line(/GET \/silent - 499 Client Closed Request - ContentLength: 0B \S+ \[me\]\n/));
    },
  );

  test(named('a WebSocket over max_inflight is the same 429 as any call, and logged'), async (t) => {
    const w = await start(t, command, { ...SERVER, max_inflight: '1' });
    const first = await open(t, w, '/ws');
    await once(first, 'data');
    const refused = await text(await open(t, w, '/ws'));
    t.regex(refused, /^HTTP\/1\.1 429 Too Many Requests\r\nContent-Type: text\/plain\r\n/);
    t.regex(refused, /\r\nx-openfaas-internal: faas-middleware\r\n/i);
    t.regex(refused, /\r\n\r\nConcurrent request limit exceeded\. Max concurrent requests: 1\n$/);
    await w.line(/GET \/ws - 429 Too Many Requests/);
    first.destroy();
    await w.line(/GET \/ws - 101/);
    t.is((await w.call({ path: '/created' })).status, 201);
  });

  test(named('a request that offers another protocol is a call like any other'), async (t) => {
    const w = await start(t, command, { ...SERVER, exec_timeout: '300ms' });
    const [answer] = await once(await open(t, w, '/hang', 'h2c'), 'data');
    t.regex(answer, /^HTTP\/1\.1 504 /);
  });

  test(named('a status without a reason of ours is logged as such'), async (t) => {
    const w = await start(t, command, SERVER);
    t.is((await w.call({ path: '/odd-status' })).status, 299);
    await t.notThrowsAsync(w.line(/GET \/odd-status - 299 Unknown - ContentLength: 0B/));
  });
}
