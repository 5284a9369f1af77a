import type { Random } from '../../common/http/testing/random.ts';

const SPECIAL = [
  '\0',
  '\r',
  '\n',
  '\r\n',
  ' ',
  '\t',
  ':',
  ',',
  ';',
  '\x0b',
  '\x7f',
  '\xff',
  '0',
  '9',
  '#',
  '%',
  'x',
  '\\',
];
const METHODS = ['GET', 'POST', 'PUT', 'DELETE', 'HEAD', 'OPTIONS', 'PATCH', 'get', 'TRACE', 'PRI', 'CONNECT'];

/** What is the gateway's own, and another server's than calls. */
export const API_PATHS = ['/healthz', '/system/functions', '/system/info', '/ui', '/function', '/'];

/**
 * Bytes that a hostile client sends: requests that break framing in a known way, with another request as bait where a
 * careless reader would find it, and then some bytes changed at random. What of it is a request, fuzz-oracle.ts says.
 *
 * @param prefix of targets; @param others prefixes of some of them, which do not lead to the upstream
 */
export function hostileRequests(random: Random, id: number, prefix = '', others: readonly string[] = []): string {
  const path = (name: string) => {
    const target = `/f/${id}/${name}`;
    return others.length > 0 && name !== 'bait' && random.chance(0.3) ? random.pick(others) + target : prefix + target;
  };
  const bait = `GET ${path('bait')} HTTP/1.1\r\nHost: x\r\n\r\n`;
  let text = '';
  for (let i = random.int(1, 3); i > 0; i--) {
    if (random.chance(0.3)) text += soundRequest(random, path(`s${i}`), bait);
    else text += brokenRequest(random, path(`b${i}`), bait);
  }
  if (random.chance(0.3)) text = mutated(random, text);
  if (random.chance(0.1)) text = text.slice(0, random.int(1, text.length));
  return text;
}

/** A request in order, whose body is bait. */
function soundRequest(random: Random, target: string, bait: string): string {
  const method = random.pick(['GET', 'POST', 'PUT', 'DELETE', 'OPTIONS']);
  const head = `${method} ${target} HTTP/1.1\r\nHost: x\r\n`;
  switch (random.int(0, 3)) {
    case 0:
      return `${head}\r\n`;
    case 1:
      return `${head}Content-Length: ${bait.length}\r\n\r\n${bait}`;
    case 2:
      return `${head}Transfer-Encoding: chunked\r\n\r\n${chunked(random, bait)}`;
    default:
      return `${head}Expect: 100-continue\r\nContent-Length: 2\r\n\r\nhi`;
  }
}

function brokenRequest(random: Random, target: string, bait: string): string {
  const method = random.pick(METHODS);
  const line = `${method} ${target} HTTP/1.1\r\n`;
  const host = 'Host: x\r\n';
  const length = (value: string | number) => `Content-Length: ${value}\r\n`;
  const coding = (value: string) => `Transfer-Encoding: ${value}\r\n`;
  const ended = `0\r\n\r\n${bait}`;
  const broken: readonly (() => string)[] = [
    () => `${line + host + length(ended.length) + coding('chunked')}\r\n${ended}`,
    () => `${line + host + coding('chunked') + length(ended.length)}\r\n${ended}`,
    () => `${line + host + length(0) + length(bait.length)}\r\n${bait}`,
    () => `${line + host + length(bait.length) + length(bait.length)}\r\n${bait}`,
    () => `${line + host + length(random.pick(CONTENT_LENGTHS))}\r\n${bait}`,
    () => `${line + host + coding(random.pick(CODINGS))}\r\n${ended}`,
    () => `${line + host + coding(random.pick(CODINGS)) + coding(random.pick(CODINGS))}\r\n${ended}`,
    () => `${line + host + coding(random.pick(CODINGS)) + length(random.pick([0, 5, bait.length]))}\r\n${ended}`,
    () => `${line + host + random.pick(CODING_NAMES)}\r\n${ended}`,
    () => `${line + host + random.pick(LENGTH_NAMES(bait.length))}\r\n${bait}`,
    () => `${line + host + coding('chunked')}\r\n${random.pick(BAD_CHUNKS)}${bait}`,
    () => `${line + host}X: a\r\n b\r\n${length(bait.length)}\r\n${bait}`,
    () => `${line + host}X: a\r\n${length(bait.length)} \r\n\r\n${bait}`,
    () => `${line}Host: a\r\nHost: b\r\n\r\n${bait}`,
    () => `${line}\r\n${bait}`,
    () => `${line + host}X: a\0b\r\n\r\n${bait}`,
    () => `${line + host}X: a\rb\r\n\r\n${bait}`,
    () => `${line + host}X: a\n${length(bait.length)}\r\n${bait}`,
    () => `${(line + host + length(bait.length)).replaceAll('\r\n', '\n')}\n${bait}`,
    () =>
      `${method} ${target} HTTP/${random.pick(['0.9', '1.2', '1.10', '01.1', '2.0', '1,1', '', '1.1 '])}\r\n${host}\r\n${bait}`,
    () => `${method} ${target} HTTP/1.0\r\n${coding('chunked')}\r\n${ended}`,
    () => `${method}${random.pick(['  ', '\t', ' \t', '\x0b'])}${target} HTTP/1.1\r\n${host}\r\n${bait}`,
    () =>
      `${method} ${target}${random.pick(['  ', '\t', ' x ', '#a ', '\xe9 ', '\x01 '])}HTTP/1.1\r\n${host}\r\n${bait}`,
    () => `${method} ${target}\r\n${bait}`,
    () => `${method} http://x${target} HTTP/1.1\r\n${host}\r\n`,
    () => `${line + host}X: ${'a'.repeat(random.pick([100, 20_000]))}\r\n\r\n${bait}`,
    () => `${line + host + 'X: a\r\n'.repeat(random.pick([100, 3000]))}\r\n${bait}`,
    () =>
      line +
      host +
      `Connection: ${random.pick(['Content-Length', 'Host, close', 'Transfer-Encoding', 'Upgrade'])}\r\n${length(bait.length)}\r\n${bait}`,
    () => `${line + host}Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: a\r\n\r\n${bait}`,
    () => `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n${bait}`,
    () => `${random.pick(['\r\n', '\n', ' ', '\0', '\r\n\r\n '])}${line}${host}\r\n`,
    () => `${line}${host}Content-Length: 5\r\nExpect: 100-continue\r\n\r\n${bait}`,
  ];
  return random.pick(broken)();
}

const CONTENT_LENGTHS = [
  '+5',
  '-1',
  '-0',
  '0x5',
  '5 5',
  '5,5',
  '',
  '05',
  '1e1',
  '\xd9\xa3',
  '99999999999999999999',
  '5;',
  '5\t',
  '18446744073709551616',
  '4294967296',
];
const CODINGS = [
  'chunked',
  'Chunked',
  'gzip, chunked',
  'chunked, gzip',
  'chunked, chunked',
  'xchunked',
  'chunked;a',
  '"chunked"',
  'identity',
  '',
  'chunked\t',
  '\x0bchunked',
  'chun ked',
  'chunked\x00',
  'c\rhunked',
  'chunk',
];
const CODING_NAMES = [
  'Transfer-Encoding : chunked\r\n',
  'Transfer-Encoding\t: chunked\r\n',
  ' Transfer-Encoding: chunked\r\n',
  'Transfer-Encoding:\r\n chunked\r\n',
  'Transfer_Encoding: chunked\r\n',
  'Transfer-Encoding\0: chunked\r\n',
  'X: y\rTransfer-Encoding: chunked\r\n',
  'X: y\nTransfer-Encoding: chunked\r\n',
  'Transfer-Encoding:chunked\r\n',
  'transfer-encoding: chunked\r\n\r',
];
const LENGTH_NAMES = (bytes: number) => [
  `Content-Length : ${bytes}\r\n`,
  `Content-Length\0: ${bytes}\r\n`,
  ` Content-Length: ${bytes}\r\n`,
  `Content-Length:\r\n ${bytes}\r\n`,
  `Content_Length: ${bytes}\r\n`,
  `X: y\nContent-Length: ${bytes}\r\n`,
  `Content-Length:${bytes}\r\n`,
  `content-length: ${bytes}\r\n`,
];
const BAD_CHUNKS = [
  '5\r\nhello0\r\n\r\n',
  '5\nhello\r\n0\r\n\r\n',
  '5\r\nhello\n0\r\n\r\n',
  '5 \r\nhello\r\n0\r\n\r\n',
  '5;a\nb\r\nhello\r\n0\r\n\r\n',
  '+5\r\nhello\r\n0\r\n\r\n',
  '-1\r\n\r\n',
  '0x5\r\nhello\r\n0\r\n\r\n',
  '100000005\r\nhello\r\n0\r\n\r\n',
  '10000000000000005\r\nhello\r\n0\r\n\r\n',
  'g\r\n\r\n',
  '\r\n0\r\n\r\n',
  '0\r\nX: y\n\r\n',
  '0\r\nX : y\r\n\r\n',
  '0\n\r\n',
  '0\r\n\n',
  '5\r\nhelloXX0\r\n\r\n',
  '5;\r\nhello\r\n0\r\nContent-Length: 3\r\n\r\n',
  '00000000000000000005\r\nhello\r\n0\r\n\r\n',
  `5;${'a'.repeat(20_000)}\r\nhello\r\n0\r\n\r\n`,
];

function chunked(random: Random, body: string): string {
  return `${random
    .cut(body, random.int(1, 4))
    .map((piece) => `${piece.length.toString(16)}${random.chance(0.2) ? ';a="b"' : ''}\r\n${piece}\r\n`)
    .join('')}0\r\n${random.chance(0.2) ? 'X-T: 1\r\n' : ''}\r\n`;
}

function mutated(random: Random, text: string): string {
  let result = text;
  for (let i = random.int(1, 3); i > 0; i--) {
    const at = random.int(0, result.length - 1);
    switch (random.int(0, 3)) {
      case 0:
        result = result.slice(0, at) + random.pick(SPECIAL) + result.slice(at + 1);
        break;
      case 1:
        result = result.slice(0, at) + random.pick(SPECIAL) + result.slice(at);
        break;
      case 2:
        result = result.slice(0, at) + result.slice(at + random.int(1, 4));
        break;
      default:
        result = result.slice(0, at) + result.slice(at, at + random.int(1, 40)) + result.slice(at);
    }
  }
  return result;
}

/** An upstream's answer, and whether it closes after it. `mark` says whose call it belongs to. */
export function randomAnswer(random: Random, mark: string): { readonly text: string; readonly closes: boolean } {
  const ok = 'HTTP/1.1 200 OK\r\n';
  const length = `Content-Length: ${mark.length}\r\n`;
  const second = `${ok}${length}\r\n${mark}`;
  if (random.chance(0.5)) return { text: `${ok}${length}\r\n${mark}`, closes: random.chance(0.05) };
  // Left open where the relay can tell at once, so that the rest would be found as the next call's answer.
  const told = [
    `${ok}Transfer-Encoding: chunked\r\n\r\n${mark.length.toString(16)}\r\n${mark}\r\n0\r\n\r\n`,
    `${ok}${length}\r\n${mark}${second}`,
    `${ok}Content-Length: 0\r\n${length}\r\n${second}`,
    `${ok}${length}${length}\r\n${second}`,
    `${ok}Content-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n${second}`,
    `${ok}Content-Length: -1\r\n\r\n${second}`,
    `${ok}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n${second}`,
    `${ok}Transfer-Encoding: chunked\r\n\r\n-1\r\n${second}`,
    `${ok}Transfer-Encoding: chunked\r\n\r\n5\r\nhelloX\r\n0\r\n\r\n${second}`,
    `${ok}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n${second}`,
    `${ok}X: a\r\n b\r\n${length}\r\n${mark}`,
    `${ok.replace('\r\n', '\n')}${length}\r\n${mark}`,
    `${ok}X : a\r\n${length}\r\n${mark}`,
    `HTTP/1.1 204 No Content\r\n${length}\r\n${second}`,
    `HTTP/1.1 304 x\r\n${length}\r\n${second}`,
    `HTTP/1.1 101 x\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n${second}`,
    `HTTP/2 200 OK\r\n${length}\r\n${mark}`,
    mark,
  ];
  const waitedFor = [
    `${ok}Transfer-Encoding: chunked\r\n\r\n${mark.length.toString(16)}\r\n${mark.slice(1)}`,
    `${ok}Content-Length: 999\r\n\r\n${mark}`,
    `HTTP/1.1 103 x\r\n${length}\r\n${second}`,
    `${ok}Set-Cookie: ${'a'.repeat(70_000)}\r\n\r\n${mark}`,
    '',
  ];
  if (random.chance(0.6)) return { text: random.pick(told), closes: random.chance(0.2) };
  const text = random.pick([...told, ...waitedFor]);
  return { text: random.chance(0.5) && text !== '' ? mutated(random, text) : text, closes: true };
}
