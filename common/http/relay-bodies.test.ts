import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { type RawPeer, RawServer } from './testing/raw-peer.ts';
import type { RelayCase } from './testing/relay-process.ts';
import { OK, onEachRuntime, settled } from './testing/relay-suite.ts';

onEachRuntime(test, (runtime, suite) => {
  for (const method of ['GET', 'DELETE', 'POST', 'OPTIONS'])
    test(`${runtime}: a chunked body of ${method} stays chunked, with its trailers declared anew`, async (t) => {
      await using server = await RawServer.listen();
      const opened = await suite.open([server]);
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
      const opened = await suite.open([server]);
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

  test(`${runtime}: a short body of every byte there is arrives as it was sent`, async (t) => {
    const body = String.fromCharCode(...Array.from({ length: 256 }, (_, byte) => byte));
    await using server = await RawServer.listen();
    const opened = await suite.open([server]);
    for (const framed of [
      `Content-Length: 256\r\n\r\n${body}`,
      `Transfer-Encoding: chunked\r\n\r\n100\r\n${body}\r\n0\r\n\r\n`,
    ]) {
      await using client = await opened.client(`POST {/} HTTP/1.1\r\nHost: x\r\n${framed}`);
      const upstream = server.peers[0] ?? (await server.accept());
      t.true((await upstream.until(framed)).endsWith(framed));
      upstream.received = '';
      await upstream.write(OK);
      t.is((await opened.outcome()).requestBytes, 256);
      t.regex(await settled(client), /ok$/);
    }
  });

  test(`${runtime}: the head goes on before a body that is slow`, async (t) => {
    await using server = await RawServer.listen();
    const opened = await suite.open([server]);
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
    const { answered } = await suite.exchange('GET {/} HTTP/1.1\r\nHost: x\r\n\r\n', answer);
    t.regex(answered, /\r\nTrailer: X-Sum\r\n/);
    t.true(answered.endsWith('2\r\nok\r\n0\r\nX-Sum: 1\r\nX-Sum: 2\r\n\r\n'), answered);
    const old = await suite.exchange('GET {/} HTTP/1.0\r\nHost: x\r\n\r\n', answer);
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
      const opened = await suite.open([server]);
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

  test(`${runtime}: an answer in many pieces is the same answer`, async (t) => {
    await using server = await RawServer.listen();
    const opened = await suite.open([server]);
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
    const opened = await suite.open([server]);
    await using client = await opened.client('GET {/} HTTP/1.1\r\nHost: x\r\n\r\n');
    const upstream = await server.acceptRequest();
    await upstream.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
    await client.until('\r\n\r\n');
    await upstream.write('5\r\nfirst\r\n');
    await client.until('first');
    await upstream.write('6\r\nsecond\r\n0\r\n\r\n');
    t.regex(await client.until('\r\n0\r\n\r\n'), /second/);
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
    const opened = await suite.open([{ path }]);
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

  test(`${runtime}: a large chunked body passes whole in both directions`, async (t) => {
    await using server = await RawServer.listen();
    const opened = await suite.open([server]);
    await using client = await opened.client('POST {/} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n');
    await echoBody(server, 'Transfer-Encoding: chunked');
    const piece = 'x'.repeat(65_536);
    for (let i = 0; i < 400; i++) client.socket.write(`10000\r\n${piece}\r\n`);
    client.socket.write('0\r\n\r\n');
    t.like(await opened.outcome(), { kind: 'answered', requestBytes: 400 * 65_536, answerBytes: 400 * 65_536 });
  });

  test(`${runtime}: bodies that wait for slow readers at the same time are not mixed up`, async (t) => {
    const size = 12 * 1024 * 1024;
    await using server = await RawServer.listen();
    const opened = await suite.open([server]);
    await using stack = new AsyncDisposableStack();
    const calls: { readonly client: RawPeer; readonly body: Buffer }[] = [];
    for (const letter of ['a', 'b', 'c']) {
      const client = stack.use(await opened.client(`POST {/} HTTP/1.1\r\nHost: x\r\nContent-Length: ${size}\r\n\r\n`));
      client.socket.pause();
      await echoBody(server, `Content-Length: ${size}`);
      calls.push({ client, body: Buffer.alloc(size, letter) });
    }
    // More than all buffers between the two ends hold.
    for (const { client, body } of calls) client.socket.write(body);
    for (let i = 0; i < 20; i++) await opened.stats();
    await Promise.all(
      calls.map(async ({ client, body }) => {
        const received = await bodyOf(client, size);
        t.true(received.equals(body), body.toString('latin1', 0, 1));
      }),
    );
  });

  test(`${runtime}: an upstream waits for a client that does not read, and a client for an upstream`, async (t) => {
    const MiB = Buffer.alloc(1024 * 1024, 'x');
    const total = 96;
    await using server = await RawServer.listen();
    const opened = await suite.open([server]);
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
});

function unchunk(text: string): string {
  const size = Number.parseInt(text, 16);
  const at = text.indexOf('\r\n') + 2;
  return size > 0 ? text.slice(at, at + size) + unchunk(text.slice(at + size + 2)) : '';
}

/** Goes on reading, to the end of an answer whose body has `size` bytes. @returns the body */
function bodyOf({ socket }: RawPeer, size: number): Promise<Buffer> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    let headBytes = 0;
    socket.removeAllListeners('data').on('data', (chunk: Buffer) => {
      // The head leaves in one write with what there is of the body.
      headBytes ||= chunk.indexOf('\r\n\r\n') + 4;
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes === headBytes + size) resolve(Buffer.concat(chunks).subarray(headBytes));
    });
    socket.resume();
  });
}

/** Has the next call's body sent back as it comes. */
async function echoBody(server: RawServer, framing: string): Promise<void> {
  const { socket } = await server.acceptRequest();
  socket.removeAllListeners('data');
  socket.write(`HTTP/1.1 200 OK\r\n${framing}\r\n\r\n`);
  socket.on('data', (chunk) => {
    if (socket.write(chunk)) return;
    socket.pause();
    socket.once('drain', () => socket.resume());
  });
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
