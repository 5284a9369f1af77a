import test from 'ava';
import { RawServer } from './testing/raw-peer.ts';
import { OK, onEachRuntime, settled } from './testing/relay-suite.ts';

onEachRuntime(test, (runtime, suite) => {
  test(`${runtime}: when the client goes before the answer, the upstream's connection ends`, async (t) => {
    await using server = await RawServer.listen();
    const opened = await suite.open([server]);
    await using client = await opened.client('GET {/} HTTP/1.1\r\nHost: x\r\n\r\n');
    const upstream = await server.acceptRequest();
    client.destroy();
    await upstream.untilEnd();
    t.deepEqual(await opened.outcome(), { kind: 'client_gone', requestBytes: 0 });
    t.is((await opened.stats()).inFlight, 0);
  });

  test(`${runtime}: when the client goes within the answer or its own body, the upstream's connection ends`, async (t) => {
    await using server = await RawServer.listen();
    const opened = await suite.open([server]);
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

  for (const answer of [
    'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nzz\r\n',
  ])
    test(`${runtime}: an answer that is cut is cut for the client: ${JSON.stringify(answer)}`, async (t) => {
      await using server = await RawServer.listen();
      const opened = await suite.open([server]);
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
    const opened = await suite.open([server]);
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
    const opened = await suite.open([server]);
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
      const { answered, outcome } = await suite.exchange('GET {/} HTTP/1.1\r\nHost: x\r\n\r\n', answer);
      t.regex(answered, /^HTTP\/1\.1 502 Bad Gateway\r\n/);
      t.like(outcome, { kind: 'failed', headSent: false, retryable: false, error: { kind: 'malformed' } });
    });

  test(`${runtime}: an answer before its request has been sent is malformed`, async (t) => {
    await using server = await RawServer.listen();
    const opened = await suite.open([server]);
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
    const opened = await suite.open([server], { timeoutMs: 500 });
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
    const opened = await suite.open([server], { timeoutMs: 500, timeoutExemptStreams: true });
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
    const opened = await suite.open([server]);
    await using client = await opened.client('GET {/} HTTP/1.1\r\nHost: x\r\n\r\n');
    const upstream = await server.acceptRequest();
    opened.abort();
    t.deepEqual(await opened.outcome(), { kind: 'aborted', headSent: false, requestBytes: 0 });
    await upstream.untilEnd();
    t.regex(await client.until('}'), /^HTTP\/1\.1 504 /);
  });

  test(`${runtime}: an answer before the whole body is passed on, and its connection is not used again`, async (t) => {
    await using server = await RawServer.listen();
    const opened = await suite.open([server]);
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

  test(`${runtime}: an answer of an upstream that closes before it has read the whole body is passed on`, async (t) => {
    await using server = await RawServer.listen();
    const opened = await suite.open([server]);
    const bytes = 8 * 1024 * 1024;
    await using client = await opened.client(`POST {/} HTTP/1.1\r\nHost: x\r\nContent-Length: ${bytes}\r\n\r\n`);
    const upstream = await server.acceptRequest();
    upstream.socket.pause();
    client.socket.write(Buffer.alloc(bytes));
    // Much is on its way when the upstream ends: its kernel answers that with a reset.
    await opened.stats();
    await upstream.write('HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno');
    upstream.destroy();
    t.regex(await settled(client), /^HTTP\/1\.1 413 Too Large\r\n[\s\S]*no$/);
  });

  test(`${runtime}: an answer to a large body that nobody reads arrives before the connection is closed`, async (t) => {
    await using client = await (await suite.open([])).client(
      `POST /nobody/ HTTP/1.1\r\nHost: x\r\nContent-Length: ${3 * 1024 * 1024}\r\n\r\n`,
    );
    await client.until('}');
    for (let i = 0; i < 3; i++) await client.write('x'.repeat(1024 * 1024));
    const received = await client.untilEnd();
    t.regex(received, /^HTTP\/1\.1 404 [\s\S]*\r\nConnection: close\r\n/i);
    t.regex(received, /"code":"function_not_found"/);
  });

  test(`${runtime}: after an answer to a small body that nobody reads the connection is kept`, async (t) => {
    await using client = await (await suite.open([])).client(
      'POST /nobody/ HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n',
    );
    await client.until('}');
    await client.write('helloHEAD /nobody/ HTTP/1.1\r\nHost: x\r\n\r\n');
    t.regex(
      await client.until(/\}HTTP[\s\S]*\r\n\r\n$/),
      /\}HTTP\/1\.1 404 [\s\S]*Content-Type: application\/problem\+json/,
    );
  });
});
