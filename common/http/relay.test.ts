import test from 'ava';
import { RawServer } from './testing/raw-peer.ts';
import { deadAddress, OK, onEachRuntime } from './testing/relay-suite.ts';

onEachRuntime(test, (runtime, suite) => {
  test(`${runtime}: path and query pass byte for byte`, async (t) => {
    const { sent } = await suite.exchange('GET {//a/../%2e%2E/b;c?x=%20+&&y=%zz?} HTTP/1.1\r\nHost: x\r\n\r\n', OK);
    t.is(sent.split('\r\n')[0], 'GET //a/../%2e%2E/b;c?x=%20+&&y=%zz? HTTP/1.1');
  });

  test(`${runtime}: headers keep order, case and repeats, without those of one hop`, async (t) => {
    const { sent } = await suite.exchange(
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

  test(`${runtime}: what any Connection header names is left out`, async (t) => {
    const { sent } = await suite.exchange(
      'GET {/} HTTP/1.1\r\nHost: x\r\nX-A: 1\r\nConnection: X-A\r\nX-B: 2\r\nconnection: keep-alive, X-B\r\nX-C: 3\r\n\r\n',
      OK,
    );
    t.is(sent, 'GET / HTTP/1.1\r\nHost: x\r\nX-C: 3\r\n\r\n');
  });

  test(`${runtime}: added headers replace same-named ones, both ways`, async (t) => {
    const { sent, answered, outcome } = await suite.exchange(
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
    const { answered } = await suite.exchange(
      'GET {/} HTTP/1.1\r\nHost: x\r\n\r\n',
      'HTTP/1.1 200 OK\r\nConnection: X-Named\r\nX-Named: 1\r\nUpgrade: h2c\r\nProxy-Authenticate: x\r\nKeep-Alive: timeout=77\r\nX-End: 1\r\nContent-Length: 2\r\n\r\nok',
    );
    t.notRegex(answered, /X-Named|Upgrade|Proxy-Authenticate|timeout=77/);
    t.regex(answered, /X-End: 1\r\n/);
  });

  test(`${runtime}: HTTP/1.0 without Host becomes HTTP/1.1 with one`, async (t) => {
    const { sent, answered } = await suite.exchange('GET {/a} HTTP/1.0\r\n\r\n', OK);
    t.is(sent, 'GET /a HTTP/1.1\r\nHost: localhost\r\n\r\n');
    t.regex(answered, /^HTTP\/1\.1 200 OK\r\n[\s\S]*\r\n\r\nok$/);
  });

  test(`${runtime}: informational answers are passed on, 100 is not`, async (t) => {
    const answer = `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 x\r\nLink: </a>; rel=preload\r\nX-E: 1\r\n\r\n${OK}`;
    const { answered } = await suite.exchange('GET {/} HTTP/1.1\r\nHost: x\r\n\r\n', answer);
    t.regex(answered, /^HTTP\/1\.1 103 Early Hints\r\nLink: <\/a>; rel=preload\r\nX-E: 1\r\n\r\nHTTP\/1\.1 200 OK\r\n/);
    t.regex((await suite.exchange('GET {/} HTTP/1.0\r\n\r\n', answer)).answered, /^HTTP\/1\.1 200 OK\r\n/);
  });

  test(`${runtime}: Expect is answered by us once the upstream is there, and not passed on`, async (t) => {
    await using server = await RawServer.listen();
    const opened = await suite.open([server]);
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
    const opened = await suite.open([await deadAddress()]);
    await using client = await opened.client(
      'PUT {/} HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n',
    );
    const answered = await client.untilEnd();
    t.regex(answered, /^HTTP\/1\.1 502 /);
    t.regex(answered, /\r\nConnection: close\r\n/i);
  });
});
