import test from 'ava';
import { type RawPeer, RawServer } from './testing/raw-peer.ts';
import { deadAddress, OK, onEachRuntime, settled } from './testing/relay-suite.ts';

onEachRuntime(test, (runtime, suite) => {
  test(`${runtime}: calls one after the other share a connection, the last used first`, async (t) => {
    await using server = await RawServer.listen();
    const opened = await suite.open([server]);
    await using a = await opened.client('GET {/1} HTTP/1.1\r\nHost: x\r\n\r\n');
    const first = await server.acceptRequest();
    await using b = await opened.client('GET {/2} HTTP/1.1\r\nHost: x\r\n\r\n');
    const second = await server.acceptRequest();
    t.deepEqual(await opened.stats(), { inFlight: 2, idleSockets: 0 });
    await first.write(OK);
    await settled(a);
    await second.write(OK);
    await settled(b);
    t.deepEqual(await opened.stats(), { inFlight: 0, idleSockets: 2 });
    await a.write(opened.text('GET {/3} HTTP/1.1\r\nHost: x\r\n\r\n'));
    await second.until('/3');
    await second.write(OK);
    await opened.outcome();
    t.is(server.peers.length, 2);
  });

  for (const [what, answer] of [
    ['Connection: close', 'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok'],
    ['HTTP/1.0', 'HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok'],
    ['data behind the end', `${OK}HTTP/1.1 200 OK\r\n\r\nsmuggled`],
    [
      'a server that closes at once when idle',
      'HTTP/1.1 200 OK\r\nKeep-Alive: timeout=1\r\nContent-Length: 2\r\n\r\nok',
    ],
  ] as const)
    test(`${runtime}: a connection is not used again after ${what}`, async (t) => {
      await using server = await RawServer.listen();
      const opened = await suite.open([server]);
      await using client = await opened.client('GET {/} HTTP/1.1\r\nHost: x\r\n\r\n');
      const upstream = await server.acceptRequest();
      await upstream.write(answer);
      t.regex(await client.until(/ok$/), /\r\n\r\nok$/);
      await upstream.untilEnd();
      t.is((await opened.stats()).idleSockets, 0);
      await client.write(opened.text('GET {/next} HTTP/1.1\r\nHost: x\r\n\r\n'));
      const next = await server.acceptRequest();
      await next.write(OK);
      t.false((await client.until(/ok[\s\S]*ok$/)).includes('smuggled'));
    });

  test(`${runtime}: an idle connection that ends, or on which something comes, is dropped`, async (t) => {
    await using server = await RawServer.listen();
    const opened = await suite.open([server]);
    for (const disturb of [
      (peer: RawPeer) => peer.end(),
      (peer: RawPeer) => void peer.write('HTTP/1.1 408 x\r\n\r\n'),
    ]) {
      await using client = await opened.client('GET {/} HTTP/1.1\r\nHost: x\r\n\r\n');
      const upstream = await server.acceptRequest();
      await upstream.write(OK);
      await settled(client);
      disturb(upstream);
      await upstream.untilEnd();
      t.is((await opened.stats()).idleSockets, 0);
    }
  });

  test(`${runtime}: an idle connection is closed after its time`, async (t) => {
    await using server = await RawServer.listen();
    const opened = await suite.open([server], { idleTimeoutMs: 20 });
    await using client = await opened.client('GET {/} HTTP/1.1\r\nHost: x\r\n\r\n');
    const upstream = await server.acceptRequest();
    await upstream.write(OK);
    await settled(client);
    await upstream.untilEnd();
    t.is((await opened.stats()).idleSockets, 0);
  });

  // Our own server takes the next request of a connection up when the one before has been answered (server.test.ts).
  if (runtime === 'node:http')
    test(`${runtime}: pipelined requests are answered in their order, whichever upstream is first`, async (t) => {
      await using server = await RawServer.listen();
      const opened = await suite.open([server]);
      const two = 'GET {/1} HTTP/1.1\r\nHost: x\r\n\r\nGET {/2} HTTP/1.1\r\nHost: x\r\n\r\n';
      await using client = await opened.client(two);
      const peers = [await server.acceptRequest(), await server.acceptRequest()];
      const first = peers.findIndex((peer) => peer.received.startsWith('GET /1 '));
      await peers[1 - first]!.write(OK.replace('ok', 'b!'));
      await peers[first]!.write(OK.replace('ok', 'a!'));
      t.regex(await client.until(/b!$/), /a![\s\S]*b!$/);
    });

  test(`${runtime}: a call that could not connect is retried elsewhere with its whole body`, async (t) => {
    await using server = await RawServer.listen();
    const opened = await suite.open([await deadAddress(), server]);
    await using client = await opened.client('POST {/} HTTP/1.1\r\nHost: x\r\nContent-Length: 11\r\n\r\nhello');
    t.like(await opened.outcome(), { kind: 'failed', headSent: false, retryable: true, error: { kind: 'connect' } });
    await client.write(' world');
    const upstream = await server.accept();
    t.is(await upstream.until('world'), 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 11\r\n\r\nhello world');
    await upstream.write(OK);
    t.regex(await settled(client), /ok$/);
    t.like(await opened.outcome(), { kind: 'answered', requestBytes: 11 });
  });

  test(`${runtime}: a connection that does not open in time is a failure to connect`, async (t) => {
    // An address of TEST-NET-1 (RFC 5737): nothing answers there, or the machine knows no way to it.
    const opened = await suite.open([{ host: '192.0.2.1', port: 9 }], { connectTimeoutMs: 30 });
    await using client = await opened.client('GET {/} HTTP/1.1\r\nHost: x\r\n\r\n');
    t.like(await opened.outcome(), { kind: 'failed', retryable: true, error: { kind: 'connect' } });
    t.regex(await client.until('}'), /^HTTP\/1\.1 502 /);
  });

  for (const [method, retried] of [
    ['GET', true],
    ['HEAD', true],
    ['OPTIONS', true],
    ['PUT', true],
    ['DELETE', true],
    ['POST', false],
    ['PATCH', false],
  ] as const)
    test(`${runtime}: ${method} is ${retried ? '' : 'not '}retried when a reused connection dies before the answer`, async (t) => {
      await using server = await RawServer.listen();
      await using other = await RawServer.listen();
      const opened = await suite.open([server, other]);
      await using client = await opened.client('GET {/} HTTP/1.1\r\nHost: x\r\n\r\n');
      const upstream = await server.acceptRequest();
      await upstream.write(OK);
      await settled(client);
      await opened.outcome();
      const before = client.received.length;
      await client.write(opened.text(`${method} {/again} HTTP/1.1\r\nHost: x\r\n\r\n`));
      await upstream.until('/again');
      upstream.reset();
      t.like(await opened.outcome(), {
        kind: 'failed',
        retryable: retried,
        error: { kind: 'reset_before_head', reused: true },
      });
      if (retried) {
        const second = await other.acceptRequest();
        t.is(second.received, `${method} /again HTTP/1.1\r\nHost: x\r\n\r\n`);
        await second.write('HTTP/1.1 204 Yes\r\n\r\n');
        await client.until((received) => received.slice(before).startsWith('HTTP/1.1 204 Yes'));
      } else {
        await client.until((received) => received.slice(before).startsWith('HTTP/1.1 502'));
        t.is(other.peers.length, 0);
      }
    });

  test(`${runtime}: a call is not retried once its body was read, or when the connection was new, or after a byte`, async (t) => {
    await using server = await RawServer.listen();
    await using other = await RawServer.listen();
    const opened = await suite.open([server, other]);
    await using _client = await opened.client('GET {/} HTTP/1.1\r\nHost: x\r\n\r\n');
    const fresh = await server.acceptRequest();
    fresh.end();
    t.like(await opened.outcome(), {
      kind: 'failed',
      retryable: false,
      error: { kind: 'reset_before_head', reused: false },
    });
    await using second = await opened.client('GET {/} HTTP/1.1\r\nHost: x\r\n\r\n');
    const reused = await server.acceptRequest();
    await reused.write(OK);
    await opened.outcome();
    await second.write(opened.text('PUT {/} HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhel'));
    await reused.until('hel');
    reused.reset();
    t.like(await opened.outcome(), { kind: 'failed', retryable: false, requestBytes: 3 });
    await using third = await opened.client('GET {/} HTTP/1.1\r\nHost: x\r\n\r\n');
    const begun = await server.acceptRequest();
    await begun.write(OK);
    await opened.outcome();
    await third.write(opened.text('GET {/third} HTTP/1.1\r\nHost: x\r\n\r\n'));
    await begun.until('/third');
    await begun.write('H');
    begun.end();
    t.like(await opened.outcome(), { kind: 'failed', retryable: false, error: { kind: 'cut', reused: true } });
    t.is(other.peers.length, 0);
  });
});
