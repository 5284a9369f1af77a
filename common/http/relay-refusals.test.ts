import test from 'ava';
import { RawServer } from './testing/raw-peer.ts';
import { onEachRuntime } from './testing/relay-suite.ts';

const REFUSED = /^HTTP\/1\.1 400 [\s\S]*\r\nConnection: close\r\n/i;

onEachRuntime(test, (runtime, suite) => {
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
      const opened = await suite.open([server]);
      await using client = await opened.client(request);
      client.end();
      // Node closes without a word where its parser finds the fault just after ours was written.
      t.regex(await client.untilEnd(), /^(HTTP\/1\.1 (4\d\d|505) |$)/);
      t.is(server.peers.length, 0);
    });

  test(`${runtime}: after a refused request nothing more on its connection is served`, async (t) => {
    await using server = await RawServer.listen();
    const opened = await suite.open([server]);
    for (const [bad, answered] of [
      ['POST {/} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n', REFUSED],
      ['GET {/} HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n', REFUSED],
      ['GET {/} HTTP/1.1\r\n\r\n', REFUSED],
      [
        'PUT {/} HTTP/1.1\r\nHost: a\r\nExpect: 100-con-continue\r\nContent-Length: 2\r\n\r\nhi',
        /^HTTP\/1\.1 417 [\s\S]*\r\nConnection: close\r\n/i,
      ],
    ] as const) {
      await using client = await opened.client(`${bad}GET {/smuggled} HTTP/1.1\r\nHost: a\r\n\r\n`);
      t.regex(await client.untilEnd(), answered);
    }
    t.is(server.peers.length, 0);
  });

  test(`${runtime}: a bad chunk in a request ends the call at the upstream`, async (t) => {
    await using server = await RawServer.listen();
    const opened = await suite.open([server]);
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
});
