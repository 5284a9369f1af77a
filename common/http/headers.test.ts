import test from 'ava';
import { safeTrailerNames, safeTrailers } from './headers.ts';

test('trailers that frame or route are dropped', (t) => {
  t.deepEqual(safeTrailers(['X-A', '1', 'Content-Length', '2', 'transfer-encoding', 'x', 'Host', 'h']), ['X-A', '1']);
  t.deepEqual(safeTrailers(['X-A', '1\r\n 2', 'X-B', '3']), ['X-B', '3']);
  t.is(safeTrailerNames('X-A, content-length,, bad name, X-B'), 'X-A, X-B');
  t.is(safeTrailerNames('Host'), undefined);
  t.is(safeTrailerNames(undefined), undefined);
});
