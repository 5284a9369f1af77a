import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { relay } from './relay.ts';
import { sendProblem } from './send-problem.ts';
import { STRICT_SERVER } from './server-options.ts';
import { checkRequest } from './strict.ts';
import { connectRaw, type RawPeer, RawServer, turn } from './testing/raw-peer.ts';
import { type CaseOptions, type RelayCase, RelayProcess, RUNTIMES } from './testing/relay-process.ts';
import { type Address, Upstream } from './upstream.ts';

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const processes = new Map<string, RelayProcess>();

test.before(async () => {
  for (const runtime of RUNTIMES) processes.set(runtime, await RelayProcess.start(runtime));
});
test.after.always(async () => {
  for (const relays of processes.values()) await relays.stop();
});

/** Everything here is seen from outside, and so is tested on each runtime that relays. */
for (const runtime of RUNTIMES) {
  const relays = () => processes.get(runtime)!;
  const open = (server: RawServer, options: Partial<CaseOptions> = {}) =>
    relays().open({ upstreams: [server.address], ...options });
  /** Sends `request`, answers it with `answer`, and returns what either side received. */
  const exchange = async (request: string, answer: string, options: Partial<CaseOptions> = {}) => {
    await using server = await RawServer.listen();
    const opened = await open(server, options);
    await using client = await opened.client(request);
    const upstream = await server.acceptRequest();
    await upstream.write(answer);
    const outcome = await opened.outcome();
    return { sent: upstream.received, answered: await settled(client), outcome };
  };

  test(`${runtime}: path and query pass byte for byte`, async (t) => {
    const { sent } = await exchange('GET {//a/../%2e%2E/b;c?x=%20+&&y=%zz?} HTTP/1.1\r\nHost: x\r\n\r\n', OK);
    t.is(sent.split('\r\n')[0], 'GET //a/../%2e%2E/b;c?x=%20+&&y=%zz? HTTP/1.1');
  });

  test(`${runtime}: headers keep order, case and repeats, without those of one hop`, async (t) => {
    const { sent } = await exchange(
      'GET {/} HTTP/1.1\r\nX-B: 1\r\nhost: Example.org:81\r\nX-a: \xe9\r\nX-B: 2\r\nConnection: X-Named, host\r\n' +
        'x-named: n\r\nTE: trailers\r\nKeep-Alive: 5\r\nProxy-Authorization: p\r\nProxy-Connection: c\r\n' +
        'Authorization: kept\r\nCookie: a\r\nCookie: b\r\n\r\n',
      OK,
    );
    t.is(
      sent,
      'GET / HTTP/1.1\r\nHost: Example.org:81\r\nX-B: 1\r\nX-a: \xe9\r\nX-B: 2\r\nAuthorization: kept\r\nCookie: a\r\nCookie: b\r\n\r\n',
    );
  });

  test(`${runtime}: added headers replace same-named ones, both ways`, async (t) => {
    const { sent, answered, outcome } = await exchange(
      'GET {/} HTTP/1.1\r\nHost: x\r\nx-call-id: theirs\r\nX-Other: 1\r\n\r\n',
      'HTTP/1.1 201 Made it\r\nX-Duration: theirs\r\nX-Mine: 1\r\nX-Mine: 2\r\nContent-Length: 0\r\n\r\n',
      { addRequestHeaders: ['X-Call-Id', 'ours'], answerHeaders: ['x-duration', 'ours'], hostHeader: 'function' },
    );
    t.is(sent, 'GET / HTTP/1.1\r\nHost: function\r\nX-Other: 1\r\nX-Call-Id: ours\r\n\r\n');
    t.regex(answered, /^HTTP\/1\.1 201 Made it\r\nX-Mine: 1\r\nX-Mine: 2\r\nContent-Length: 0\r\nx-duration: ours\r\n/);
    t.false(answered.includes('theirs'));
    t.deepEqual(outcome.answerHeaders, ['X-Duration', 'theirs', 'X-Mine', '1', 'X-Mine', '2', 'Content-Length', '0']);
  });

  test(`${runtime}: an answer's headers of one hop are left out`, async (t) => {
    const { answered } = await exchange(
      'GET {/} HTTP/1.1\r\nHost: x\r\n\r\n',
      'HTTP/1.1 200 OK\r\nConnection: X-Named\r\nX-Named: 1\r\nUpgrade: h2c\r\nProxy-Authenticate: x\r\nKeep-Alive: timeout=77\r\nX-End: 1\r\nContent-Length: 2\r\n\r\nok',
    );
    t.notRegex(answered, /X-Named|Upgrade|Proxy-Authenticate|timeout=77/);
    t.regex(answered, /X-End: 1\r\n/);
  });

  test(`${runtime}: HTTP/1.0 without Host becomes HTTP/1.1 with one`, async (t) => {
    const { sent, answered } = await exchange('GET {/a} HTTP/1.0\r\n\r\n', OK);
    t.is(sent, 'GET /a HTTP/1.1\r\nHost: localhost\r\n\r\n');
    t.regex(answered, /^HTTP\/1\.1 200 OK\r\n[\s\S]*\r\n\r\nok$/);
  });

  for (const method of ['GET', 'DELETE', 'POST', 'OPTIONS'])
    test(`${runtime}: a chunked body of ${method} stays chunked, with its trailers declared anew`, async (t) => {
      await using server = await RawServer.listen();
      const opened = await open(server);
      await using client = await opened.client(
        `${method} {/} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum, Content-Length\r\n\r\n` +
          '5;ext\r\nhello\r\n0\r\nX-Sum: 1\r\nHost: evil\r\n\r\n',
      );
      const upstream = await server.accept();
      t.is(
        await upstream.until('\r\n0\r\nX-Sum: 1\r\n\r\n'),
        `${method} / HTTP/1.1\r\nHost: x\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n`,
      );
      await upstream.write(OK);
      t.is((await opened.outcome()).requestBytes, 5);
      await settled(client);
    });

  for (const [request, framing] of [
    ['POST {/} HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello', 'Content-Length: 5\r\n\r\nhello'],
    ['GET {/} HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello', 'Content-Length: 5\r\n\r\nhello'],
    ['POST {/} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n', 'Content-Length: 0\r\n\r\n'],
    ['POST {/} HTTP/1.1\r\nHost: x\r\n\r\n', '\r\n'],
  ] as const)
    test(`${runtime}: a request's length is kept: ${JSON.stringify(request)}`, async (t) => {
      await using server = await RawServer.listen();
      const opened = await open(server);
      await using client = await opened.client(request);
      const upstream = await server.accept();
      let reads = 0;
      upstream.socket.on('data', () => reads++);
      const sent = await upstream.until(framing);
      t.is(sent, `${request.split(' ')[0]} / HTTP/1.1\r\nHost: x\r\n${framing}`);
      t.is(reads, 1, 'head and small body leave in one write');
      await upstream.write(OK);
      await opened.outcome();
      await settled(client);
    });

  test(`${runtime}: the head goes on before a body that is slow`, async (t) => {
    await using server = await RawServer.listen();
    const opened = await open(server);
    await using client = await opened.client('POST {/} HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\n');
    const upstream = await server.acceptRequest();
    await client.write('ab');
    await upstream.until('ab');
    await client.write('cd');
    await upstream.until('abcd');
    await upstream.write(OK);
    t.is((await opened.outcome()).kind, 'answered');
  });

  test(`${runtime}: an answer's trailers are passed on and declared, but none that frames`, async (t) => {
    const answer =
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum, Transfer-Encoding\r\n\r\n2\r\nok\r\n0\r\nX-Sum: 1\r\nX-Sum: 2\r\nContent-Length: 9\r\n\r\n';
    const { answered } = await exchange('GET {/} HTTP/1.1\r\nHost: x\r\n\r\n', answer);
    t.regex(answered, /\r\nTrailer: X-Sum\r\n/);
    t.true(answered.endsWith('2\r\nok\r\n0\r\nX-Sum: 1\r\nX-Sum: 2\r\n\r\n'), answered);
    const old = await exchange('GET {/} HTTP/1.0\r\nHost: x\r\n\r\n', answer);
    t.regex(old.answered, /^[\s\S]*\r\n\r\nok$/);
    t.notRegex(old.answered, /Trailer|chunked/i);
  });

  for (const [what, request, answer, body] of [
    ['HEAD', 'HEAD', 'HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n', /\r\nContent-Length: 12\r\n/],
    ['304', 'GET', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 12\r\nETag: "a"\r\n\r\n', /\r\nETag: "a"\r\n/],
    ['204', 'GET', 'HTTP/1.1 204 No Content\r\nX-A: b\r\n\r\n', /\r\nX-A: b\r\n/],
    ['HEAD, chunked', 'HEAD', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n', /^HTTP\/1\.1 200 OK\r\n/],
  ] as const)
    test(`${runtime}: ${what} has no body, and the connection serves the next call`, async (t) => {
      await using server = await RawServer.listen();
      const opened = await open(server);
      await using client = await opened.client(`${request} {/} HTTP/1.1\r\nHost: x\r\n\r\n`);
      const upstream = await server.acceptRequest();
      await upstream.write(answer);
      const head = await client.until('\r\n\r\n');
      t.regex(head, body);
      t.true(head.endsWith('\r\n\r\n'));
      await client.write(opened.text('GET {/second} HTTP/1.1\r\nHost: x\r\n\r\n'));
      await upstream.until('/second');
      await upstream.write(OK);
      t.regex((await client.until(/ok$/)).slice(head.length), /^HTTP\/1\.1 200 OK\r\n/);
      t.is(server.peers.length, 1);
    });

  test(`${runtime}: informational answers are passed on, 100 is not`, async (t) => {
    const answer = `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 x\r\nLink: </a>; rel=preload\r\nX-E: 1\r\n\r\n${OK}`;
    const { answered } = await exchange('GET {/} HTTP/1.1\r\nHost: x\r\n\r\n', answer);
    t.regex(answered, /^HTTP\/1\.1 103 Early Hints\r\nLink: <\/a>; rel=preload\r\nX-E: 1\r\n\r\nHTTP\/1\.1 200 OK\r\n/);
    t.regex((await exchange('GET {/} HTTP/1.0\r\n\r\n', answer)).answered, /^HTTP\/1\.1 200 OK\r\n/);
  });

  test(`${runtime}: Expect is answered by us once the upstream is there, and not passed on`, async (t) => {
    await using server = await RawServer.listen();
    const opened = await open(server);
    await using client = await opened.client(
      'PUT {/} HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n',
    );
    t.is(await client.until('\r\n\r\n'), 'HTTP/1.1 100 Continue\r\n\r\n');
    await client.write('hi');
    const upstream = await server.accept();
    t.is(await upstream.until('hi'), 'PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi');
    await upstream.write(OK);
    t.true((await client.until(/ok$/)).startsWith('HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n'));
  });

  test(`${runtime}: a body that waits for 100 is not asked for when there is no upstream`, async (t) => {
    const opened = await relays().open({ upstreams: [await deadAddress()] });
    await using client = await opened.client(
      'PUT {/} HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n',
    );
    const answered = await client.untilEnd();
    t.regex(answered, /^HTTP\/1\.1 502 /);
    t.regex(answered, /\r\nConnection: close\r\n/i);
  });

  test(`${runtime}: calls one after the other share a connection, the last used first`, async (t) => {
    await using server = await RawServer.listen();
    const opened = await open(server);
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
      const opened = await open(server);
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
    const opened = await open(server);
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
    const opened = await open(server, { idleTimeoutMs: 20 });
    await using client = await opened.client('GET {/} HTTP/1.1\r\nHost: x\r\n\r\n');
    const upstream = await server.acceptRequest();
    await upstream.write(OK);
    await settled(client);
    await upstream.untilEnd();
    t.is((await opened.stats()).idleSockets, 0);
  });

  test(`${runtime}: an answer in many pieces is the same answer`, async (t) => {
    await using server = await RawServer.listen();
    const opened = await open(server);
    const answer = 'HTTP/1.1 200 OK\r\nX-A: b\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n';
    await using client = await opened.client('GET {/} HTTP/1.1\r\nHost: x\r\n\r\n');
    const upstream = await server.acceptRequest();
    await upstream.writePieces([...answer]);
    const received = await client.until(/\r\n0\r\n\r\n$/);
    t.regex(received, /^HTTP\/1\.1 200 OK\r\nX-A: b\r\n/);
    t.is(unchunk(received.slice(received.indexOf('\r\n\r\n') + 4)), 'hello!');
  });

  test(`${runtime}: the head and each piece of a stream arrive before the next is sent`, async (t) => {
    await using server = await RawServer.listen();
    const opened = await open(server);
    await using client = await opened.client('GET {/} HTTP/1.1\r\nHost: x\r\n\r\n');
    const upstream = await server.acceptRequest();
    await upstream.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
    await client.until('\r\n\r\n');
    await upstream.write('5\r\nfirst\r\n');
    await client.until('first');
    await upstream.write('6\r\nsecond\r\n0\r\n\r\n');
    t.regex(await client.until('\r\n0\r\n\r\n'), /second/);
  });

  test(`${runtime}: when the client goes before the answer, the upstream's connection ends`, async (t) => {
    await using server = await RawServer.listen();
    const opened = await open(server);
    await using client = await opened.client('GET {/} HTTP/1.1\r\nHost: x\r\n\r\n');
    const upstream = await server.acceptRequest();
    client.destroy();
    await upstream.untilEnd();
    t.deepEqual(await opened.outcome(), { kind: 'client_gone', requestBytes: 0 });
    t.is((await opened.stats()).inFlight, 0);
  });

  test(`${runtime}: when the client goes within the answer or its own body, the upstream's connection ends`, async (t) => {
    await using server = await RawServer.listen();
    const opened = await open(server);
    await using reader = await opened.client('GET {/} HTTP/1.1\r\nHost: x\r\n\r\n');
    const first = await server.acceptRequest();
    await first.write('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello');
    await reader.until('hello');
    reader.reset();
    await first.untilEnd();
    t.deepEqual(await opened.outcome(), { kind: 'client_gone', status: 200, requestBytes: 0 });
    await using writer = await opened.client('POST {/} HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhello');
    const second = await server.accept();
    await second.until('hello');
    writer.destroy();
    await second.untilEnd();
    t.deepEqual(await opened.outcome(), { kind: 'client_gone', requestBytes: 5 });
  });

  test(`${runtime}: pipelined requests are answered in their order, whichever upstream is first`, async (t) => {
    await using server = await RawServer.listen();
    const opened = await open(server);
    const two = 'GET {/1} HTTP/1.1\r\nHost: x\r\n\r\nGET {/2} HTTP/1.1\r\nHost: x\r\n\r\n';
    await using client = await opened.client(two);
    const peers = [await server.acceptRequest(), await server.acceptRequest()];
    const first = peers.findIndex((peer) => peer.received.startsWith('GET /1 '));
    await peers[1 - first]!.write(OK.replace('ok', 'b!'));
    await peers[first]!.write(OK.replace('ok', 'a!'));
    t.regex(await client.until(/b!$/), /a![\s\S]*b!$/);
  });

  for (const answer of [
    'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nzz\r\n',
  ])
    test(`${runtime}: an answer that is cut is cut for the client: ${JSON.stringify(answer)}`, async (t) => {
      await using server = await RawServer.listen();
      const opened = await open(server);
      await using client = await opened.client('GET {/} HTTP/1.1\r\nHost: x\r\n\r\n');
      const upstream = await server.acceptRequest();
      await upstream.write(answer);
      upstream.end();
      const received = await client.untilEnd();
      t.regex(received, /^(HTTP\/1\.1 200 OK\r\n|$)/);
      t.false(received.endsWith('0\r\n\r\n'));
      const { kind, headSent, status, retryable } = await opened.outcome();
      t.deepEqual(
        { kind, headSent, status, retryable },
        { kind: 'failed', headSent: true, status: 200, retryable: false },
      );
    });

  test(`${runtime}: an answer that lasts until close ends well for HTTP/1.1, with its last chunk`, async (t) => {
    await using server = await RawServer.listen();
    const opened = await open(server);
    await using client = await opened.client('GET {/} HTTP/1.1\r\nHost: x\r\n\r\n');
    const upstream = await server.acceptRequest();
    await upstream.write('HTTP/1.0 200 OK\r\n\r\nhello');
    await client.until('hello');
    upstream.end();
    t.regex(await client.until('0\r\n\r\n'), /\r\nTransfer-Encoding: chunked\r\n/);
    t.is((await opened.outcome()).kind, 'answered');
  });

  test(`${runtime}: such an answer that is reset does not end well, not for HTTP/1.0 either`, async (t) => {
    await using server = await RawServer.listen();
    const opened = await open(server);
    for (const version of ['1.1', '1.0']) {
      await using client = await opened.client(`GET {/} HTTP/${version}\r\nHost: x\r\n\r\n`);
      const failed: unknown[] = [];
      client.socket.on('error', (error) => failed.push(error));
      const upstream = await server.acceptRequest();
      await upstream.write('HTTP/1.1 200 OK\r\n\r\nhello');
      await client.until('hello');
      upstream.reset();
      const received = await client.untilEnd();
      t.false(received.includes('0\r\n\r\n'));
      if (version === '1.0') t.is(failed.length, 1, 'the end of the connection is the end of the body: it is a reset');
      t.like(await opened.outcome(), { kind: 'failed', headSent: true, error: { kind: 'cut' } });
    }
  });

  test(`${runtime}: a call that could not connect is retried elsewhere with its whole body`, async (t) => {
    await using server = await RawServer.listen();
    const opened = await relays().open({ upstreams: [await deadAddress(), server.address] });
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
    const opened = await relays().open({ upstreams: [{ host: '192.0.2.1', port: 9 }], connectTimeoutMs: 30 });
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
      const opened = await relays().open({ upstreams: [server.address, other.address] });
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
    const opened = await relays().open({ upstreams: [server.address, other.address] });
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

  for (const answer of [
    'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello',
    'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\nhello',
    'HTTP/1.1 200 OK\nContent-Length: 2\n\nok',
    'HTTP/1.1 200 OK\r\nX: a\r\n b\r\nContent-Length: 2\r\n\r\nok',
    'HTTP/2 200 OK\r\n\r\n',
    'ok',
    'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n',
  ])
    test(`${runtime}: a malformed answer is a 502: ${JSON.stringify(answer)}`, async (t) => {
      const { answered, outcome } = await exchange('GET {/} HTTP/1.1\r\nHost: x\r\n\r\n', answer);
      t.regex(answered, /^HTTP\/1\.1 502 Bad Gateway\r\n/);
      t.like(outcome, { kind: 'failed', headSent: false, retryable: false, error: { kind: 'malformed' } });
    });

  test(`${runtime}: an answer before its request has been sent is malformed`, async (t) => {
    await using server = await RawServer.listen();
    const opened = await open(server);
    await using client = await opened.client('GET {/} HTTP/1.1\r\nHost: x\r\n\r\n');
    const upstream = await server.acceptRequest();
    await upstream.write(OK);
    await settled(client);
    await upstream.write(OK);
    await upstream.untilEnd();
    t.is((await opened.stats()).idleSockets, 0);
  });

  test.serial(`${runtime}: the time limit holds before the head and within the body`, async (t) => {
    await using server = await RawServer.listen();
    const opened = await open(server, { timeoutMs: 500 });
    await using client = await opened.client('POST {/} HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi');
    const upstream = await server.acceptRequest();
    t.deepEqual(await opened.outcome(), { kind: 'timed_out', headSent: false, requestBytes: 2 });
    t.regex(await client.until('}'), /^HTTP\/1\.1 504 /);
    await upstream.untilEnd();
    await using second = await opened.client('GET {/} HTTP/1.1\r\nHost: x\r\n\r\n');
    const slow = await server.acceptRequest();
    await slow.write('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello');
    t.deepEqual(await opened.outcome(), { kind: 'timed_out', headSent: true, status: 200, requestBytes: 0 });
    t.regex(await second.untilEnd(), /hello$/);
    await slow.untilEnd();
  });

  test.serial(`${runtime}: the time limit ends with the head of an event stream, if so wished`, async (t) => {
    await using server = await RawServer.listen();
    const opened = await open(server, { timeoutMs: 500, timeoutExemptStreams: true });
    await using events = await opened.client('GET {/} HTTP/1.1\r\nHost: x\r\n\r\n');
    const stream = await server.acceptRequest();
    await stream.write('HTTP/1.1 200 OK\r\nContent-Type: Text/Event-Stream; charset=utf-8\r\n\r\ndata: 1\n\n');
    await events.until('data: 1');
    // This one comes later and is over its limit first.
    await using other = await opened.client('GET {/} HTTP/1.1\r\nHost: x\r\n\r\n');
    await server.acceptRequest();
    t.like(await opened.outcome(), { kind: 'timed_out', headSent: false });
    await other.until('504');
    await stream.write('data: 2\n\n');
    await events.until('data: 2');
    stream.end();
    t.is((await opened.outcome()).kind, 'answered');
  });

  test(`${runtime}: an aborted call ends on both sides`, async (t) => {
    await using server = await RawServer.listen();
    const opened = await open(server);
    await using client = await opened.client('GET {/} HTTP/1.1\r\nHost: x\r\n\r\n');
    const upstream = await server.acceptRequest();
    opened.abort();
    t.deepEqual(await opened.outcome(), { kind: 'aborted', headSent: false, requestBytes: 0 });
    await upstream.untilEnd();
    t.regex(await client.until('}'), /^HTTP\/1\.1 504 /);
  });

  test(`${runtime}: an answer before the whole body is passed on, and its connection is not used again`, async (t) => {
    await using server = await RawServer.listen();
    const opened = await open(server);
    await using client = await opened.client('POST {/} HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhello');
    const upstream = await server.accept();
    await upstream.until('hello');
    await upstream.write('HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno');
    t.regex(await client.until(/no$/), /^HTTP\/1\.1 413 Too Large\r\n/);
    await upstream.untilEnd();
    t.like(await opened.outcome(), { kind: 'answered', status: 413, requestBytes: 5 });
    await client.write(opened.text('world' + 'GET {/next} HTTP/1.1\r\nHost: x\r\n\r\n'));
    const next = await server.acceptRequest();
    t.true(next.received.startsWith('GET /next '), 'the rest of the body was thrown away');
    await next.write(OK);
    await client.until(/ok$/);
  });

  test(`${runtime}: a large body passes whole in both directions, over a Unix socket`, async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'dunlin-'));
    t.teardown(() => rmSync(folder, { recursive: true }));
    const path = join(folder, 'up.sock');
    const echo = createServer((socket) => {
      let headLeft = '';
      socket.on('error', () => {});
      socket.on('data', (chunk) => {
        let body = chunk;
        if (!headLeft.includes('\r\n\r\n')) {
          headLeft += chunk.toString('latin1');
          const end = headLeft.indexOf('\r\n\r\n');
          if (end === -1) return;
          body = Buffer.from(headLeft.slice(end + 4), 'latin1');
          socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n`);
        }
        if (!socket.write(body)) {
          socket.pause();
          socket.once('drain', () => socket.resume());
        }
      });
    });
    const size = 8 * 1024 * 1024 + 17;
    echo.listen(path);
    t.teardown(() => echo.close());
    const opened = await relays().open({ upstreams: [{ path }] });
    await using client = await opened.client(`POST {/} HTTP/1.1\r\nHost: x\r\nContent-Length: ${size}\r\n\r\n`);
    const sent = Buffer.alloc(size);
    for (let i = 0; i < size; i += 4) sent.writeUInt32LE(Math.imul(i, 2_654_435_761) >>> 0, Math.min(i, size - 4));
    const received = createHash('sha256');
    let bytes = -1;
    const whole = new Promise<void>((resolve) => {
      client.socket.removeAllListeners('data');
      client.socket.on('data', (chunk: Buffer) => {
        const from = bytes === -1 ? chunk.indexOf('\r\n\r\n') + 4 : 0;
        bytes = Math.max(0, bytes) + chunk.length - from;
        received.update(chunk.subarray(from));
        if (bytes === size) resolve();
      });
    });
    await client.write(sent);
    await whole;
    t.is(received.digest('hex'), createHash('sha256').update(sent).digest('hex'));
    t.like(await opened.outcome(), { kind: 'answered', requestBytes: size, answerBytes: size });
  });

  test(`${runtime}: an upstream waits for a client that does not read, and a client for an upstream`, async (t) => {
    const MiB = Buffer.alloc(1024 * 1024, 'x');
    const total = 96;
    await using server = await RawServer.listen();
    const opened = await open(server);
    await using reader = await opened.client('GET {/} HTTP/1.1\r\nHost: x\r\n\r\n');
    const upstream = await server.acceptRequest();
    reader.socket.pause();
    await upstream.write(`HTTP/1.1 200 OK\r\nContent-Length: ${total * MiB.length}\r\n\r\n`);
    t.true((await writtenUntilStall(opened, upstream, MiB, total)) < total, 'the answer is not held in memory');
    countOnly(reader);
    reader.socket.resume();
    t.like(await opened.outcome(), { kind: 'answered', answerBytes: total * MiB.length });

    await using writer = await opened.client(
      `POST {/} HTTP/1.1\r\nHost: x\r\nContent-Length: ${total * MiB.length}\r\n\r\n`,
    );
    // The first one was used again.
    await upstream.until('POST');
    upstream.socket.pause();
    t.true((await writtenUntilStall(opened, writer, MiB, total)) < total, 'the body is not held in memory');
    const got = countOnly(upstream);
    upstream.socket.resume();
    await got(total * MiB.length);
    await upstream.write(OK);
    t.like(await opened.outcome(), { kind: 'answered', requestBytes: total * MiB.length });
  });

  for (const [what, request] of [
    ['no Host', 'GET {/} HTTP/1.1\r\n\r\n'],
    ['two Hosts', 'GET {/} HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n'],
    ['two equal Hosts', 'GET {/} HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n'],
    ['HTTP/1.2', 'GET {/} HTTP/1.2\r\nHost: a\r\n\r\n'],
    ['HTTP/0.9', 'GET {/} HTTP/0.9\r\nHost: a\r\n\r\n'],
    ['HTTP/2.0', 'GET {/} HTTP/2.0\r\nHost: a\r\n\r\n'],
    ['equal lengths', 'POST {/} HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok'],
    ['other lengths', 'POST {/} HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok!'],
    ['a list of lengths', 'POST {/} HTTP/1.1\r\nHost: a\r\nContent-Length: 2, 2\r\n\r\nok'],
    ['a length that no number holds', 'POST {/} HTTP/1.1\r\nHost: a\r\nContent-Length: 9007199254740993\r\n\r\nok'],
    ['a signed length', 'POST {/} HTTP/1.1\r\nHost: a\r\nContent-Length: +2\r\n\r\nok'],
    [
      'both lengths',
      'POST {/} HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    ['gzip, chunked', 'POST {/} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n'],
    ['xchunked', 'POST {/} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n'],
    [
      'chunked twice',
      'POST {/} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    ['chunked in HTTP/1.0', 'POST {/} HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['a fragment', 'GET {/#a} HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['a byte outside ASCII in the target', 'GET {/\xe9} HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['a control character in the target', 'GET {/\x01} HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['a folded header', 'GET {/} HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n'],
    ['a space before the colon', 'GET {/} HTTP/1.1\r\nHost : a\r\n\r\n'],
    ['NUL in a header', 'GET {/} HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n'],
    ['bare line feeds', 'GET {/} HTTP/1.1\nHost: a\n\n'],
  ] as const)
    test(`${runtime}: a request with ${what} is refused and goes nowhere`, async (t) => {
      await using server = await RawServer.listen();
      const opened = await open(server);
      await using client = await opened.client(request);
      client.end();
      // Node closes without a word where its parser finds the fault just after ours was written.
      t.regex(await client.untilEnd(), /^(HTTP\/1\.1 (4\d\d|505) |$)/);
      t.is(server.peers.length, 0);
    });

  test(`${runtime}: after a refused request nothing more on its connection is served`, async (t) => {
    await using server = await RawServer.listen();
    const opened = await open(server);
    for (const bad of [
      'POST {/} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n',
      'GET {/} HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n',
      'GET {/} HTTP/1.1\r\n\r\n',
    ]) {
      await using client = await opened.client(`${bad}GET {/smuggled} HTTP/1.1\r\nHost: a\r\n\r\n`);
      t.regex(await client.untilEnd(), /^HTTP\/1\.1 400 [\s\S]*\r\nConnection: close\r\n/i);
    }
    t.is(server.peers.length, 0);
  });

  test(`${runtime}: what any Connection header names is left out`, async (t) => {
    const { sent } = await exchange(
      'GET {/} HTTP/1.1\r\nHost: x\r\nX-A: 1\r\nConnection: X-A\r\nX-B: 2\r\nconnection: keep-alive, X-B\r\nX-C: 3\r\n\r\n',
      OK,
    );
    t.is(sent, 'GET / HTTP/1.1\r\nHost: x\r\nX-C: 3\r\n\r\n');
  });

  test(`${runtime}: a bad chunk in a request ends the call at the upstream`, async (t) => {
    await using server = await RawServer.listen();
    const opened = await open(server);
    await using client = await opened.client(
      'POST {/} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n',
    );
    const upstream = await server.accept();
    await upstream.until('hello');
    await client.write('zz\r\nGET /smuggled HTTP/1.1\r\n\r\n');
    t.false((await upstream.untilEnd()).includes('smuggled'));
    t.false(upstream.received.endsWith('0\r\n\r\n'), 'a broken body does not look whole');
    t.is((await opened.outcome()).kind, 'client_gone');
    await client.untilEnd();
  });

  test(`${runtime}: an answer to a large body that nobody reads arrives before the connection is closed`, async (t) => {
    await using client = await (await relays().open({ upstreams: [] })).client(
      `POST /nobody/ HTTP/1.1\r\nHost: x\r\nContent-Length: ${3 * 1024 * 1024}\r\n\r\n`,
    );
    await client.until('}');
    for (let i = 0; i < 3; i++) await client.write('x'.repeat(1024 * 1024));
    const received = await client.untilEnd();
    t.regex(received, /^HTTP\/1\.1 404 [\s\S]*\r\nConnection: close\r\n/i);
    t.regex(received, /"code":"function_not_found"/);
  });

  test(`${runtime}: after an answer to a small body that nobody reads the connection is kept`, async (t) => {
    await using client = await (await relays().open({ upstreams: [] })).client(
      'POST /nobody/ HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n',
    );
    await client.until('}');
    await client.write('helloHEAD /nobody/ HTTP/1.1\r\nHost: x\r\n\r\n');
    t.regex(
      await client.until(/\}HTTP[\s\S]*\r\n\r\n$/),
      /\}HTTP\/1\.1 404 [\s\S]*Content-Type: application\/problem\+json/,
    );
  });

  test(`${runtime}: an upgrade carries bytes both ways, and nothing before the upstream agrees`, async (t) => {
    await using server = await RawServer.listen();
    const opened = await open(server, { addRequestHeaders: ['X-Call-Id', '7'] });
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
      const opened = await open(server);
      await using client = await opened.client(
        'GET {/} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\nGET /early HTTP/1.1\r\n\r\n',
      );
      const upstream = await server.acceptRequest();
      await upstream.write(answer);
      t.regex(await client.untilEnd(), /^HTTP\/1\.1 4\d\d [\s\S]*Connection: close\r\n\r\nhello$/);
      client.end();
      t.false((await upstream.untilEnd()).includes('early'));
      t.is((await opened.outcome()).kind, 'upgrade');
    });

  test(`${runtime}: an upgrade to a dead or senseless upstream is a 502`, async (t) => {
    const request = 'GET {/} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n';
    const dead = await relays().open({ upstreams: [await deadAddress()] });
    await using client = await dead.client(request);
    t.regex(
      await client.untilEnd(),
      /^HTTP\/1\.1 502 Bad Gateway\r\n[\s\S]*x-openfaas-internal: relay\r\n[\s\S]*upstream_failed/,
    );
    client.end();
    t.like(await dead.outcome(), { kind: 'upgrade', status: 502 });
    await using server = await RawServer.listen();
    const senseless = await open(server);
    await using second = await senseless.client(request);
    await (await server.acceptRequest()).write('SSH-2.0-x\r\n');
    t.regex(await second.untilEnd(), /^HTTP\/1\.1 502 /);
  });
}

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

/** What a client has received once the one answer it waits for is whole. */
async function settled(client: RawPeer): Promise<string> {
  return client.until((received) => {
    if (client.ended) return true;
    const start = received.search(/HTTP\/1\.1 [2-9]\d\d /);
    const head = received.indexOf('\r\n\r\n', start);
    if (start === -1 || head === -1) return false;
    const body = received.slice(head + 4);
    const length = /\r\nContent-Length: (\d+)\r\n/i.exec(received.slice(start, head + 2))?.[1];
    if (length !== undefined) return body.length >= Number(length);
    return / 204 | 304 /.test(received.slice(start, start + 13)) || /(^|\r\n)0\r\n([\s\S]*\r\n)?\r\n$/.test(body);
  });
}

function unchunk(text: string): string {
  const size = Number.parseInt(text, 16);
  const at = text.indexOf('\r\n') + 2;
  return size > 0 ? text.slice(at, at + size) + unchunk(text.slice(at + size + 2)) : '';
}

/** A port on which nobody listens. */
async function deadAddress(): Promise<Address> {
  const server = await RawServer.listen();
  await server.close();
  return server.address;
}

/** Stops collecting what a peer receives; the result waits for a number of bytes. */
function countOnly(peer: RawPeer): (bytes: number) => Promise<void> {
  let count = 0;
  let check = () => {};
  peer.socket.removeAllListeners('data');
  peer.socket.on('data', (chunk) => {
    count += chunk.length;
    check();
  });
  return (bytes) =>
    new Promise((resolve) => {
      check = () => {
        if (count >= bytes) resolve();
      };
      check();
    });
}

/**
 * Writes pieces until no more get away while the relay goes round its loop ten times.
 *
 * @returns how many got away
 */
async function writtenUntilStall(opened: RelayCase, peer: RawPeer, piece: Buffer, pieces: number): Promise<number> {
  let away = 0;
  for (let i = 0; i < pieces; i++) peer.socket.write(piece, () => away++);
  for (let quiet = 0, last = -1; quiet < 10; ) {
    await opened.stats();
    quiet = away === last ? quiet + 1 : 0;
    last = away;
  }
  return away;
}
