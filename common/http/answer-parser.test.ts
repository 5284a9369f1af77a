import test from 'ava';
import { type ParsedAnswer, parseAnswer } from './testing/parse-answer.ts';
import { Random } from './testing/random.ts';

const OK = 'HTTP/1.1 200 OK\r\n';

test('an answer with a length is read to its last byte', (t) => {
  t.deepEqual(parseAnswer([`${OK}Content-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello`]), {
    informational: [],
    status: 200,
    reason: 'OK',
    headers: ['Content-Type', 'text/plain', 'Content-Length', '5'],
    framing: 'length',
    keepAlive: true,
    body: 'hello',
    trailers: [],
    clean: true,
  });
});

test('a chunked answer is decoded, its extensions dropped, its trailers kept', (t) => {
  const parsed = parseAnswer([
    `${OK}Transfer-Encoding: Chunked\r\nTrailer: X-Sum\r\n\r\n5;a=b;c="d"\r\nhello\r\n00A\r\n0123456789\r\n0\r\nX-Sum: 1\r\nX-Sum: 2\r\n\r\n`,
  ]);
  t.is(parsed.body, 'hello0123456789');
  t.deepEqual(parsed.headers, []);
  t.deepEqual(parsed.trailers, ['X-Sum', '1', 'X-Sum', '2']);
  t.true(parsed.clean);
});

test('an answer without length or chunks lasts until the connection ends, which cannot be kept', (t) => {
  const open = parseAnswer([`${OK}\r\n`, 'some', 'body']);
  t.is(open.trailers, undefined);
  const ended = parseAnswer([`${OK}\r\n`, 'some', 'body'], { eof: true });
  t.is(ended.body, 'somebody');
  t.deepEqual([ended.framing, ended.keepAlive, ended.trailers], ['close', false, []]);
});

test('a connection that ends within a length or a chunk is no end of the answer', (t) => {
  t.is(parseAnswer([`${OK}Content-Length: 5\r\n\r\nhell`], { eof: true }).trailers, undefined);
  t.is(parseAnswer([`${OK}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n`], { eof: true }).trailers, undefined);
  t.is(parseAnswer([`${OK}Transfer-Encoding: chunked\r\n\r\n0\r\n`], { eof: true }).trailers, undefined);
});

for (const [what, text, isHead] of [
  ['a HEAD request', `${OK}Content-Length: 5\r\n\r\n`, true],
  ['a HEAD request, chunked', `${OK}Transfer-Encoding: chunked\r\n\r\n`, true],
  ['204', 'HTTP/1.1 204 No Content\r\n\r\n', false],
  ['304', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n', false],
] as const)
  test(`an answer to ${what} ends with its head`, (t) => {
    const parsed = parseAnswer([text], { isHead });
    t.deepEqual([parsed.framing, parsed.trailers, parsed.clean, parsed.keepAlive], ['none', [], true, true]);
  });

test('the length stays in answers to HEAD and in 304, and leaves 204', (t) => {
  t.deepEqual(parseAnswer([`${OK}Content-Length: 5\r\n\r\n`], { isHead: true }).headers, ['Content-Length', '5']);
  t.deepEqual(parseAnswer(['HTTP/1.1 304 x\r\nContent-Length: 5\r\n\r\n']).headers, ['Content-Length', '5']);
  t.deepEqual(parseAnswer(['HTTP/1.1 204 x\r\nContent-Length: 0\r\n\r\n']).headers, []);
});

test('informational answers come before the final one', (t) => {
  const parsed = parseAnswer([
    `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n${OK}Content-Length: 0\r\n\r\n`,
  ]);
  t.deepEqual(parsed.informational, [
    { status: 100, headers: [] },
    { status: 103, headers: ['Link', '</a>'] },
  ]);
  t.deepEqual([parsed.status, parsed.clean], [200, true]);
});

test('bytes after the end are told', (t) => {
  t.false(parseAnswer([`${OK}Content-Length: 2\r\n\r\nok!`]).clean);
  t.false(parseAnswer([`${OK}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n!`]).clean);
  t.false(parseAnswer(['HTTP/1.1 204 x\r\n\r\n!']).clean);
});

test('hop-by-hop headers and those that Connection names are left out', (t) => {
  const parsed = parseAnswer([
    `${OK}Connection: keep-alive, X-Secret\r\nKeep-Alive: timeout=5\r\nX-Secret: 1\r\nProxy-Connection: x\r\n` +
      'Proxy-Authenticate: Basic\r\nUpgrade: h2c\r\nX-Open: 2\r\nContent-Length: 0\r\n\r\n',
  ]);
  t.deepEqual(parsed.headers, ['X-Open', '2', 'Content-Length', '0']);
});

for (const head of [
  'HTTP/1.1 200 OK\r\nConnection: close',
  'HTTP/1.1 200 OK\r\nConnection: x, CLOSE',
  'HTTP/1.0 200 OK',
])
  test(`a connection is not kept after ${JSON.stringify(head)}`, (t) => {
    t.false(parseAnswer([`${head}\r\nContent-Length: 0\r\n\r\n`]).keepAlive);
  });

test('a status line may have an empty reason, and may leave out the space before it', (t) => {
  t.is(parseAnswer(['HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n']).reason, '');
  t.is(parseAnswer(['HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n']).reason, '');
});

/** Answers that must be refused, with what the reason says. */
const MALFORMED: readonly (readonly [answer: string, reason: RegExp])[] = [
  ['HTTP/2.0 200 OK\r\n\r\n', /HTTP\/1/],
  ['HTTP/1.2 200 OK\r\n\r\n', /HTTP\/1/],
  ['HTTP/1.1  200 OK\r\n\r\n', /three digits/],
  ['HTTP/1.1\t200 OK\r\n\r\n', /HTTP\/1/],
  ['HTTP/1.1 20 OK\r\n\r\n', /three digits/],
  ['HTTP/1.1 2000 OK\r\n\r\n', /status line/],
  ['HTTP/1.1 099 OK\r\n\r\n', /below 100/],
  ['HTTP/1.1 200 O\0K\r\n\r\n', /status line/],
  ['http/1.1 200 OK\r\n\r\n', /HTTP\/1/],
  [' HTTP/1.1 200 OK\r\n\r\n', /HTTP\/1/],
  ['\r\nHTTP/1.1 200 OK\r\n\r\n', /HTTP\/1|bare/],
  ['SSH-2.0-OpenSSH', /does not start with/],
  ['HTTP/1.1 101 Switching Protocols\r\n\r\n', /101/],
  [`${OK}Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello`, /repeated Content-Length/],
  [`${OK}Content-Length: 5\r\ncontent-length: 6\r\n\r\nhello`, /repeated Content-Length/],
  [`${OK}Content-Length: 5, 5\r\n\r\nhello`, /no number/],
  [`${OK}Content-Length: -5\r\n\r\n`, /no number/],
  [`${OK}Content-Length: +5\r\n\r\nhello`, /no number/],
  [`${OK}Content-Length: 0x5\r\n\r\nhello`, /no number/],
  [`${OK}Content-Length: 5 5\r\n\r\nhello`, /no number/],
  [`${OK}Content-Length:\r\n\r\nhello`, /empty or too large/],
  [`${OK}Content-Length: 9007199254740992\r\n\r\n`, /too large/],
  [`${OK}Content-Length: 99999999999999999999\r\n\r\n`, /too large/],
  [`${OK}Content-Length: 00000000000000005\r\n\r\nhello`, /too large/],
  [`${OK}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`, /both/],
  [`${OK}Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n`, /both/],
  [`${OK}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`, /repeated Transfer/],
  [`${OK}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`, /other than chunked/],
  [`${OK}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`, /other than chunked/],
  [`${OK}Transfer-Encoding: identity\r\n\r\n`, /other than chunked/],
  [`${OK}Transfer-Encoding:\r\n\r\n`, /other than chunked/],
  ['HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n', /HTTP\/1\.0/],
  [`${OK}X: a\r\n b\r\nContent-Length: 0\r\n\r\n`, /folded/],
  [`${OK} X: a\r\nContent-Length: 0\r\n\r\n`, /folded/],
  [`${OK}Content-Length : 5\r\n\r\nhello`, /header name/],
  [`${OK}Content-Length\t: 5\r\n\r\nhello`, /header name/],
  [`${OK}: 5\r\n\r\nhello`, /header name/],
  [`${OK}X\xe9: 5\r\n\r\n`, /header name/],
  [`${OK}NoColon\r\n\r\n`, /header name/],
  [`${OK}X: a\0b\r\n\r\n`, /header value/],
  [`${OK}X: a\x7fb\r\n\r\n`, /header value/],
  [`${OK}X: a\rb\r\n\r\n`, /header value|bare/],
  [`${OK}X: a\nY: b\r\n\r\n`, /header value|bare/],
  ['HTTP/1.1 200 OK\nContent-Length: 0\n\n', /bare line feed/],
  [`${OK}X: ${'a'.repeat(70_000)}`, /larger than/],
  [`${OK}X: ${'a'.repeat(70_000)}\r\n\r\n`, /larger than/],
  [`${OK}${'X: a\r\n'.repeat(1001)}\r\n`, /1000 headers/],
  ['HTTP/1.1 103 Hi\r\n\r\n'.repeat(65), /too many informational/],
  [`${OK}Transfer-Encoding: chunked\r\n\r\n\r\n`, /no number/],
  [`${OK}Transfer-Encoding: chunked\r\n\r\nx\r\n`, /no number/],
  [`${OK}Transfer-Encoding: chunked\r\n\r\n-1\r\n`, /no number/],
  [`${OK}Transfer-Encoding: chunked\r\n\r\n0x5\r\nhello`, /bad character in a chunk size/],
  [`${OK}Transfer-Encoding: chunked\r\n\r\n 5\r\nhello`, /no number/],
  [`${OK}Transfer-Encoding: chunked\r\n\r\n5 \r\nhello`, /bad character in a chunk size/],
  [`${OK}Transfer-Encoding: chunked\r\n\r\n5\nhello\r\n`, /bad character in a chunk size/],
  [`${OK}Transfer-Encoding: chunked\r\n\r\n5\rhello\r\n`, /line end/],
  [`${OK}Transfer-Encoding: chunked\r\n\r\n5;a\nb\r\nhello\r\n`, /chunk extension/],
  [`${OK}Transfer-Encoding: chunked\r\n\r\n5;a\0b\r\nhello\r\n`, /chunk extension/],
  [`${OK}Transfer-Encoding: chunked\r\n\r\n5\r\nhello!\r\n`, /longer than its size/],
  [`${OK}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\n0\r\n\r\n`, /longer than its size/],
  [`${OK}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r0\r\n\r\n`, /line end/],
  [`${OK}Transfer-Encoding: chunked\r\n\r\nfffffffffffffff\r\n`, /too large/],
  [`${OK}Transfer-Encoding: chunked\r\n\r\n00000000000000\r\n`, /too large/],
  [`${OK}Transfer-Encoding: chunked\r\n\r\n1;${'a'.repeat(20_000)}`, /extensions too large/],
  [`${OK}Transfer-Encoding: chunked\r\n\r\n${`1;${'a'.repeat(100)}\r\nx\r\n`.repeat(200)}`, /extensions too large/],
  [`${OK}Transfer-Encoding: chunked\r\n\r\n0\r\nX : a\r\n\r\n`, /header name/],
  [`${OK}Transfer-Encoding: chunked\r\n\r\n0\r\nX: a\nY: b\r\n\r\n`, /header value|bare/],
  [`${OK}Transfer-Encoding: chunked\r\n\r\n0\r\nX: ${'a'.repeat(70_000)}`, /larger than/],
  [`${OK}Transfer-Encoding: chunked\r\n\r\n0\r\n\rx`, /last line end/],
];

for (const [answer, reason] of MALFORMED)
  test(`malformed: ${JSON.stringify(answer.slice(0, 75))}, ${answer.length} bytes`, (t) => {
    t.regex(parseAnswer([answer]).error ?? 'no error', reason);
    // Not only in one piece, where the head is read at once.
    if (answer.length < 1000) t.not(parseAnswer([...answer]).error, undefined, 'byte by byte');
  });

test('1000 headers and a head of 64 KB are accepted', (t) => {
  t.is(parseAnswer([`${OK}${'X: a\r\n'.repeat(999)}Content-Length: 0\r\n\r\n`]).headers!.length, 2000);
  const fill = 65_536 - `${OK}Content-Length: 0\r\nX: \r\n\r\n`.length;
  const large = `${OK}Content-Length: 0\r\nX: ${'a'.repeat(fill)}\r\n\r\n`;
  t.true(parseAnswer([large]).clean);
  t.true(parseAnswer([large.slice(0, 60_000), large.slice(60_000)]).clean);
});

for (const answer of [
  `${OK}Content-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello`,
  `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 x\r\nA: b\r\n\r\n${OK}Transfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n1\r\n!\r\n0\r\nT: 1\r\n\r\n`,
  'HTTP/1.1 204 No Content\r\nX: \t y \t\r\n\r\n',
])
  test(`the same is read wherever it is cut in two or three: ${JSON.stringify(answer.slice(0, 60))}`, (t) => {
    const whole = parseAnswer([answer]);
    t.is(whole.error, undefined);
    t.deepEqual(parseAnswer([...answer]), whole);
    for (let a = 1; a < answer.length; a++) {
      t.deepEqual(parseAnswer([answer.slice(0, a), answer.slice(a)]), whole);
      for (let b = a + 1; b < answer.length; b += 7)
        t.deepEqual(parseAnswer([answer.slice(0, a), answer.slice(a, b), answer.slice(b)]), whole);
    }
  });

test('any valid answer is read to what it was made of, in whatever pieces it comes', (t) => {
  const random = new Random(20_261_121);
  for (let round = 0; round < 2000; round++) {
    const { text, expected, isHead, eof } = randomAnswer(random);
    const pieces = random.cut(text, random.int(1, 12));
    const parsed = parseAnswer(pieces, { isHead, eof });
    const { keepAlive: _keepAlive, framing: _framing, ...comparable } = parsed;
    t.deepEqual(comparable, expected, JSON.stringify(pieces));
  }
});

const TOKEN_CHARS = "abcdefghijklmnopqrstuvwxyzABCXYZ0189-_!#$%&'*+.^`|~";
const VALUE_CHARS = 'abc XYZ\t019:;,="\\/()\x80\xe9\xff';
const BODY_CHARS = 'abc\r\n\0:019\xff';

interface RandomAnswer {
  readonly text: string;
  readonly expected: ParsedAnswer;
  readonly isHead: boolean;
  readonly eof: boolean;
}

function randomAnswer(random: Random): RandomAnswer {
  const informational = Array.from({ length: random.chance(0.2) ? random.int(1, 3) : 0 }, () => ({
    status: random.pick([100, 102, 103, 199]),
    headers: randomFields(random, 2),
  }));
  const status = random.pick([200, 200, 201, 204, 304, 404, 500, 999]);
  const reason = random.text(random.int(0, 12), VALUE_CHARS);
  const headers = randomFields(random, 12);
  const isHead = random.chance(0.1);
  const bodiless = isHead || status === 204 || status === 304;
  const framing = bodiless ? 'none' : random.pick(['length', 'chunked', 'close']);
  const body = bodiless ? '' : random.text(random.chance(0.1) ? random.int(0, 9000) : random.int(0, 40), BODY_CHARS);
  const trailers = framing === 'chunked' && random.chance(0.3) ? randomFields(random, 3) : [];
  if (framing === 'length')
    headers.splice(2 * random.int(0, headers.length / 2), 0, 'Content-LENGTH', `${body.length}`);
  let text = informational.map((one) => `HTTP/1.1 ${one.status} x\r\n${lines(random, one.headers)}\r\n`).join('');
  text += `HTTP/1.${framing === 'chunked' ? 1 : random.int(0, 1)} ${status} ${reason}\r\n`;
  text += lines(random, framing === 'chunked' ? [...headers, 'transfer-encoding', 'CHUNKED'] : headers);
  text += '\r\n';
  if (framing === 'chunked') {
    for (const piece of random.cut(body, random.int(1, 5))) {
      const extension = random.chance(0.2) ? `;${random.text(random.int(0, 10), VALUE_CHARS)}` : '';
      text += `${random.chance(0.3) ? '0' : ''}${piece.length.toString(16)}${extension}\r\n${piece}\r\n`;
    }
    text += `0\r\n${lines(random, trailers)}\r\n`;
  } else {
    text += body;
  }
  const expected = { informational, status, reason, headers, body, trailers, clean: true };
  return { text, expected, isHead, eof: framing === 'close' };
}

function randomFields(random: Random, max: number): string[] {
  const fields: string[] = [];
  for (let i = random.int(0, max); i > 0; i--)
    fields.push(`X-${random.text(random.int(0, 12), TOKEN_CHARS)}`, random.text(random.int(0, 30), VALUE_CHARS).trim());
  return fields;
}

function lines(random: Random, fields: readonly string[]): string {
  let text = '';
  for (let i = 0; i < fields.length; i += 2)
    text += `${fields[i]}:${random.text(random.int(0, 2), ' \t')}${fields[i + 1]}${random.text(random.int(0, 2), ' \t')}\r\n`;
  return text;
}
