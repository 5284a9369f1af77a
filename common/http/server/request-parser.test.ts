import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import test from 'ava';
import { FieldError } from '../field-parser.ts';
import { Random } from '../testing/random.ts';
import type { RequestHead } from './request-head.ts';
import { RequestParser, type RequestSink } from './request-parser.ts';

interface Read {
  readonly requests: { head: RequestHead; body: string; trailers: string[] | undefined }[];
  readonly fault: string | undefined;
}

/** Reads `text` in the given pieces, as a connection does it. */
function read(pieces: readonly string[]): Read {
  const requests: Read['requests'] = [];
  const sink: RequestSink = {
    onParsedHead: (head) => requests.push({ head, body: '', trailers: undefined }) > 0,
    onParsedData: (chunk) => {
      requests.at(-1)!.body += chunk.toString('latin1');
    },
    onParsedBody: (body) => {
      requests.at(-1)!.body += body;
    },
    onParsedEnd: (trailers) => {
      requests.at(-1)!.trailers = trailers;
    },
  };
  const parser = new RequestParser(sink, 65_536);
  try {
    for (const piece of pieces) {
      const bytes = Buffer.from(piece, 'latin1');
      for (let at = 0; at < bytes.length; ) at = parser.execute(bytes, at);
    }
  } catch (error) {
    if (!(error instanceof FieldError)) throw error;
    return { requests, fault: error.message };
  }
  return { requests, fault: undefined };
}

const SOUND = [
  'GET /a?b HTTP/1.1\r\nHost: x\r\nX-A:  one \t\r\nx-a:\r\n\r\n',
  '\r\nPOST /b HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello',
  'PUT * HTTP/1.1\r\nhost: x\r\nTransfer-Encoding: Chunked\r\nTrailer: t\r\n\r\n5;a="b"\r\nhello\r\n3\r\n\r\n\n\r\n0\r\nt: 1\r\n\r\n',
  'DELETE /c HTTP/1.0\r\nConnection: Keep-Alive, x\r\n\r\n',
  'POST /d HTTP/1.1\r\nHost: x\r\nExpect: 100-Continue\r\nConnection: close\r\nContent-Length: 0\r\n\r\n',
].join('');

test('requests are read the same, however their bytes are cut', (t) => {
  const whole = read([SOUND]);
  t.is(whole.fault, undefined);
  t.deepEqual(
    whole.requests.map(({ head, body, trailers }) => [head.method, head.target, head.keepAlive, body, trailers]),
    [
      ['GET', '/a?b', true, '', []],
      ['POST', '/b', true, 'hello', []],
      ['PUT', '*', true, 'hello\r\n\n', ['t', '1']],
      ['DELETE', '/c', true, '', []],
      ['POST', '/d', false, '', []],
    ],
  );
  t.deepEqual(whole.requests[0]!.head.fields.flat(), ['Host', 'x', 'X-A', 'one', 'x-a', '']);
  t.true(whole.requests[4]!.head.expectsContinue);
  for (let at = 1; at < SOUND.length; at++)
    t.deepEqual(read([SOUND.slice(0, at), SOUND.slice(at)]), whole, `cut at ${at}`);
  t.deepEqual(read([...SOUND]), whole, 'byte by byte');
});

const LINE = 'GET / HTTP/1.1\r\n';
const HOST = `${LINE}Host: x\r\n`;
const CHUNKED = `${HOST}Transfer-Encoding: chunked\r\n\r\n`;
for (const [what, text] of Object.entries({
  'no method': ' / HTTP/1.1\r\nHost: x\r\n\r\n',
  'two spaces': 'GET  / HTTP/1.1\r\nHost: x\r\n\r\n',
  'a tab in the request line': 'GET\t/ HTTP/1.1\r\nHost: x\r\n\r\n',
  'no target': 'GET HTTP/1.1\r\nHost: x\r\n\r\n',
  'a fragment': 'GET /a#b HTTP/1.1\r\nHost: x\r\n\r\n',
  'a target without a slash': 'GET a/b HTTP/1.1\r\nHost: x\r\n\r\n',
  'a URL that is cut': 'GET http:/x HTTP/1.1\r\nHost: x\r\n\r\n',
  'a URL of nowhere': 'GET http:///a HTTP/1.1\r\nHost: x\r\n\r\n',
  'a URL with a user': 'GET http://me@x/ HTTP/1.1\r\nHost: x\r\n\r\n',
  'a URL of something else': 'GET ftp://x/ HTTP/1.1\r\nHost: x\r\n\r\n',
  'a byte outside ASCII in the target': 'GET /\xe9 HTTP/1.1\r\nHost: x\r\n\r\n',
  'HTTP/0.9': 'GET /\r\n\r\n',
  'HTTP/1.2': 'GET / HTTP/1.2\r\nHost: x\r\n\r\n',
  'HTTP/2.0': 'GET / HTTP/2.0\r\nHost: x\r\n\r\n',
  'HTTP/1.10': 'GET / HTTP/1.10\r\nHost: x\r\n\r\n',
  'a space after the version': 'GET / HTTP/1.1 \r\nHost: x\r\n\r\n',
  'a bare line feed after the request line': 'GET / HTTP/1.1\nHost: x\r\n\r\n',
  'bare line feeds alone': 'GET / HTTP/1.1\nHost: x\n\n',
  'a bare line feed before it': `\n${HOST}\r\n`,
  'a bare carriage return before it': `\r${HOST}\r\n`,
  'many empty lines before it': `${'\r\n'.repeat(9)}${HOST}\r\n`,
  CONNECT: 'CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n',
  'the first line of HTTP/2': 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  'no Host': `${LINE}\r\n`,
  'two Hosts': `${HOST}host: x\r\n\r\n`,
  'a space before the colon': `${HOST}A : b\r\n\r\n`,
  'a folded line': `${HOST}A: b\r\n c\r\n\r\n`,
  'a first line that is folded': `${LINE} Host: x\r\n\r\n`,
  'a bare carriage return in a value': `${HOST}A: b\rc\r\n\r\n`,
  'a zero byte in a value': `${HOST}A: b\0c\r\n\r\n`,
  'a header without a name': `${HOST}: b\r\n\r\n`,
  'a header without a colon': `${HOST}A\r\n\r\n`,
  'both lengths': `${HOST}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n`,
  'two lengths': `${HOST}Content-Length: 1\r\nContent-Length: 1\r\n\r\n`,
  'a length that is a list': `${HOST}Content-Length: 1, 1\r\n\r\n`,
  'a length with a sign': `${HOST}Content-Length: +1\r\n\r\n`,
  'an empty length': `${HOST}Content-Length:\r\n\r\n`,
  'a length beyond 2^53': `${HOST}Content-Length: 9007199254740992\r\n\r\n`,
  'another coding': `${HOST}Transfer-Encoding: gzip, chunked\r\n\r\n`,
  'a coding twice': `${HOST}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n`,
  'chunks in HTTP/1.0': 'GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n',
  'another expectation': `${HOST}Expect: wonders\r\n\r\n`,
  'too many headers': `${HOST}${'A: b\r\n'.repeat(1001)}\r\n`,
  'a head over 64 KB': `${HOST}A: ${'b'.repeat(65_536)}\r\n\r\n`,
  'a head over 64 KB that does not end': `${HOST}A: ${'b'.repeat(70_000)}`,
  'a chunk size that is none': `${CHUNKED}x\r\n`,
  'a chunk size with a sign': `${CHUNKED}+1\r\na\r\n0\r\n\r\n`,
  'a chunk size too large': `${CHUNKED}10000000000000000\r\n`,
  'a chunk longer than its size': `${CHUNKED}1\r\nab\r\n0\r\n\r\n`,
  'a bare line feed after a chunk size': `${CHUNKED}1\na\r\n0\r\n\r\n`,
  'large chunk extensions': `${CHUNKED}1;${'a'.repeat(20_000)}\r\na\r\n0\r\n\r\n`,
  'a bad trailer': `${CHUNKED}0\r\nA : b\r\n\r\n`,
}))
  test(`refused: ${what}`, (t) => {
    t.not(read([text]).fault, undefined, 'in one piece');
    t.not(read([...text]).fault, undefined, 'byte by byte');
  });

const PIECES = [
  ...[
    'GET ',
    'POST ',
    'get ',
    '/ ',
    '/a?b ',
    '* ',
    'HTTP/1.1',
    'HTTP/1.0',
    'HTTP/1.2',
    '\r\n',
    '\r\n',
    '\r\n\r\n',
    '\n',
    '\r',
  ],
  ...[
    'Host: x\r\n',
    'Host: x\r\n',
    'A: b\r\n',
    'A:b\r\n',
    'A : b\r\n',
    ' c\r\n',
    'Content-Length: 3\r\n',
    'Content-Length: 0\r\n',
  ],
  ...['Transfer-Encoding: chunked\r\n', '3\r\nabc\r\n', '0\r\n\r\n', 'abc', ';', ':', ' ', '\t', '\0', '\xff', '#'],
];
const SOUND_HEADS = ['GET / HTTP/1.1\r\nHost: x\r\n', 'POST /b HTTP/1.1\r\nHost: x\r\n'];

const TARGET_PIECES = [
  '/',
  '//',
  'a',
  '1',
  'http:',
  'HTTPS://',
  'x',
  ':',
  '@',
  '*',
  '?',
  '%',
  '[',
  ']',
  '\\',
  '.',
  '~',
];

/** A request out of pieces that often fit. */
function randomRequest(random: Random): string {
  if (random.chance(0.2)) {
    const target = Array.from({ length: random.int(1, 5) }, () => random.pick(TARGET_PIECES)).join('');
    return `GET ${target} HTTP/1.1\r\nHost: x\r\n\r\n`;
  }
  let text = random.chance(0.8) ? random.pick(SOUND_HEADS) : '';
  for (let left = random.int(1, 6); left > 0; left--) text += random.pick(PIECES);
  return text;
}

/** What the first request takes of `text`, or all. */
function firstOf(text: string): string {
  for (let end = 1; end < text.length; end++) {
    const { requests, fault } = read([text.slice(0, end)]);
    if (fault !== undefined) return text;
    if (requests[0]?.trailers !== undefined) return text.slice(0, end);
  }
  return text;
}

test('what node:http refuses is refused here, and what both take is read alike (5,000 random requests)', async (t) => {
  const seed = 20_261_121;
  const random = new Random(seed);
  let done: (seen: string) => void;
  const server = createServer({ requireHostHeader: false, insecureHTTPParser: false }, (req) => {
    let body = '';
    req.setEncoding('latin1').on('data', (text: string) => {
      body += text;
    });
    req.on('end', () => done(JSON.stringify([req.method, req.url, req.rawHeaders, body])));
  });
  server.on('clientError', () => done('refused'));
  server.listen(0, '127.0.0.1');
  t.teardown(() => {
    server.close();
    server.closeAllConnections();
  });
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  let taken = 0;
  for (let i = 0; i < 5000; i++) {
    const text = firstOf(randomRequest(random));
    const { requests, fault } = read(random.cut(text, 3));
    const [first] = requests;
    if (first?.trailers === undefined) continue;
    // We take it: so must node:http, with the same outcome.
    taken++;
    const seen = await new Promise<string>((resolve) => {
      done = resolve;
      const socket = connect(port, '127.0.0.1', () => socket.end(text, 'latin1'));
      socket.on('error', () => {});
    });
    const { method, target, fields } = first.head;
    t.is(
      seen,
      JSON.stringify([method, target, fields.flat(), first.body]),
      `seed ${seed}, ${i}: ${JSON.stringify(text)} ${fault}`,
    );
  }
  t.true(taken > 200, `${taken} were sound`);
});
