import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import test from 'ava';
import { relay } from './relay.ts';
import { sendProblem } from './send-problem.ts';
import { STRICT_SERVER } from './server-options.ts';
import { checkRequest } from './strict.ts';
import { connectRaw, RawServer, turn } from './testing/raw-peer.ts';
import { deadAddress, OK, onEachRuntime } from './testing/relay-suite.ts';
import { Upstream } from './upstream.ts';

onEachRuntime(test, (runtime, suite) => {
  test(`${runtime}: an upgrade carries bytes both ways, and nothing before the upstream agrees`, async (t) => {
    await using server = await RawServer.listen();
    const opened = await suite.open([server], { addRequestHeaders: ['X-Call-Id', '7'] });
    await using client = await opened.client(
      'GET {/ws?a} HTTP/1.1\r\nHost: x\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: k\r\n\r\nGET /early HTTP/1.1\r\n\r\n',
    );
    const upstream = await server.acceptRequest();
    t.is(
      upstream.received,
      'GET /ws?a HTTP/1.1\r\nHost: x\r\nSec-WebSocket-Key: k\r\nX-Call-Id: 7\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
    );
    await turn();
    t.false(upstream.received.includes('early'));
    await upstream.write(
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: a\r\n\r\n\x81\x00first',
    );
    t.is(
      await client.until('first'),
      'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: a\r\n\r\n\x81\x00first',
    );
    await upstream.until('early');
    await client.write('\xff\x00');
    await upstream.until('\xff\x00');
    upstream.end();
    await client.untilEnd();
    client.end();
    await upstream.untilEnd();
    t.like(await opened.outcome(), { kind: 'upgrade', status: 101 });
  });

  for (const answer of [
    'HTTP/1.1 426 Upgrade Required\r\nContent-Length: 5\r\nX-A: b\r\n\r\nhello',
    'HTTP/1.1 403 No\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n',
  ])
    test(`${runtime}: an upgrade that is declined gets that answer: ${JSON.stringify(answer)}`, async (t) => {
      await using server = await RawServer.listen();
      const opened = await suite.open([server]);
      await using client = await opened.client(
        'GET {/} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nGET /early HTTP/1.1\r\n\r\n',
      );
      const upstream = await server.acceptRequest();
      await upstream.write(answer);
      t.regex(await client.untilEnd(), /^HTTP\/1\.1 4\d\d [\s\S]*Connection: close\r\n\r\nhello$/);
      client.end();
      t.false((await upstream.untilEnd()).includes('early'));
      t.is((await opened.outcome()).kind, 'upgrade');
    });

  test(`${runtime}: a client that leaves before the answer to its upgrade ends the upstream's connection`, async (t) => {
    await using server = await RawServer.listen();
    const opened = await suite.open([server]);
    await using client = await opened.client(
      'GET {/} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nearly',
    );
    const upstream = await server.acceptRequest();
    client.end();
    t.false((await upstream.untilEnd()).includes('early'));
    t.like(await opened.outcome(), { kind: 'upgrade', status: 499 });
  });

  test(`${runtime}: an upgrade to a dead or senseless upstream is a 502`, async (t) => {
    const request = 'GET {/} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';
    const dead = await suite.open([await deadAddress()]);
    await using client = await dead.client(request);
    t.regex(
      await client.untilEnd(),
      /^HTTP\/1\.1 502 Bad Gateway\r\n[\s\S]*x-openfaas-internal: relay\r\n[\s\S]*upstream_failed/,
    );
    client.end();
    t.like(await dead.outcome(), { kind: 'upgrade', status: 502 });
    await using server = await RawServer.listen();
    const senseless = await suite.open([server]);
    await using second = await senseless.client(request);
    await (await server.acceptRequest()).write('SSH-2.0-x\r\n');
    t.regex(await second.untilEnd(), /^HTTP\/1\.1 502 /);
  });
});

test('a request to upgrade that is served as any other is the last on its connection', async (t) => {
  await using server = await RawServer.listen();
  const upstream = new Upstream(server.address);
  // Without a listener for upgrades, as the watchdog has none in most modes.
  const relays = createHttpServer(STRICT_SERVER, (req, res) => {
    if (checkRequest(req) !== undefined) sendProblem(res, undefined);
    else relay(req, res, upstream, { target: req.url!, onDone: () => {} });
  }).listen(0, '127.0.0.1');
  t.teardown(() => {
    upstream.destroy();
    relays.close();
  });
  await once(relays, 'listening');
  await using client = await connectRaw({ host: '127.0.0.1', port: (relays.address() as AddressInfo).port });
  // Node drops the second request's head, which came with the first, and would find its body to be a request.
  await client.write(
    'GET /1 HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n' +
      'POST /2 HTTP/1.1\r\nHost: x\r\nContent-Length: 40\r\n\r\n',
  );
  const peer = await server.acceptRequest();
  await client.write('GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n');
  await peer.write(OK);
  t.regex(await client.untilEnd(), /^HTTP\/1\.1 200 OK\r\n[\s\S]*\r\nConnection: close\r\n/i);
  t.is(server.peers.length, 1);
  t.false(peer.received.includes('smuggled'));
});
