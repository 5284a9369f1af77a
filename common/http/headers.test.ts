import test from 'ava';
import { getHeader, replaceHeaders, safeTrailerNames, safeTrailers, stripHopByHop } from './headers.ts';

test('a header is found whatever its case, the first of several', (t) => {
  const headers = ['Host', 'a', 'X-Call-ID', '1', 'x-call-id', '2'];
  t.is(getHeader(headers, 'x-call-id'), '1');
  t.is(getHeader(headers, 'x-call-ix'), undefined);
  t.is(getHeader([], 'host'), undefined);
});

test('headers of one hop are stripped, with those that any Connection names', (t) => {
  const headers = ['Connection', 'close, X-One', 'X-One', '1', 'connection', 'x-two ,', 'X-TWO', '2', 'TE', 'trailers'];
  headers.push(
    'Host',
    'h',
    'Keep-Alive',
    'k',
    'Expect',
    '100-continue',
    'Upgrade',
    'u',
    'Trailer',
    't',
    'X-Three',
    '3',
  );
  headers.push(
    'Proxy-Authorization',
    'p',
    'Proxy-Authenticate',
    'p',
    'Proxy-Connection',
    'p',
    'Transfer-Encoding',
    'c',
  );
  t.deepEqual(stripHopByHop(headers), ['Host', 'h', 'X-Three', '3']);
});

test('Connection cannot take Host away', (t) => {
  t.deepEqual(stripHopByHop(['Host', 'a', 'Connection', 'Host, X-A', 'X-A', '1']), ['Host', 'a']);
});

test('added headers replace all of their name, others stay in order', (t) => {
  t.deepEqual(replaceHeaders(['A', '1', 'b', '2', 'a', '3', 'C', '4'], ['B', '5', 'a', '6']), [
    'C',
    '4',
    'B',
    '5',
    'a',
    '6',
  ]);
});

test('trailers that frame or route are dropped', (t) => {
  t.deepEqual(safeTrailers(['X-A', '1', 'Content-Length', '2', 'transfer-encoding', 'x', 'Host', 'h']), ['X-A', '1']);
  t.deepEqual(safeTrailers(['X-A', '1\r\n 2', 'X-B', '3']), ['X-B', '3']);
  t.is(safeTrailerNames('X-A, content-length,, bad name, X-B'), 'X-A, X-B');
  t.is(safeTrailerNames('Host'), undefined);
  t.is(safeTrailerNames(undefined), undefined);
});
