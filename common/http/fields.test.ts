import test from 'ava';
import { Fields } from './fields.ts';
import { isHopByHop } from './headers.ts';

const keepAll = (): boolean => false;

test('a header is found whatever its case, the first of several', (t) => {
  const fields = Fields.of(['Host', 'a', 'X-Call-ID', '1', 'x-call-id', '2']);
  t.is(fields.get('x-call-id'), '1');
  t.is(fields.get('x-call-ix'), undefined);
  t.false(Fields.of([]).has('host'));
});

test('a name that differs from a hyphen by a bit is another name', (t) => {
  t.false(Fields.of(['X_Call', '1', 'X~Call', '2', 'XMCall', '3']).has('x-call'));
});

test('headers of one hop are dropped', (t) => {
  const flat = ['TE', 'trailers', 'Host', 'h', 'Keep-Alive', 'k', 'Expect', '100-continue', 'Upgrade', 'u'];
  flat.push('Trailer', 't', 'Connection', 'c', 'X-Three', '3', 'Proxy-Authorization', 'p', 'proxy-authenticate', 'p');
  flat.push('Proxy-Connection', 'p', 'Transfer-Encoding', 'c', 'Tea', 't');
  t.is(Fields.of(flat).lines([], isHopByHop), 'Host: h\r\nX-Three: 3\r\nTea: t\r\n');
});

test('added headers replace all of their name, others stay in order', (t) => {
  const fields = Fields.of(['A', '1', 'b', '2', 'a', '3', 'C', '4']);
  t.is(fields.lines(['B', '5', 'a', '6'], keepAll), 'C: 4\r\n');
  t.deepEqual(fields.without(['a', 'c']).flat(), ['b', '2']);
  t.is(fields.count, 4);
});

test('lines that came in another form are written in ours, also between and behind others', (t) => {
  const fields = Fields.read('A:1\r\nB: 2\r\nC:\t3\r\nD: 4 \t\r\nE: 5\r\nF:\r\n\r\n', 0);
  t.is(fields.lines([], keepAll), 'A: 1\r\nB: 2\r\nC: 3\r\nD: 4\r\nE: 5\r\nF: \r\n');
  t.is(fields.lines(['b', ''], keepAll), 'A: 1\r\nC: 3\r\nD: 4\r\nE: 5\r\nF: \r\n');
  t.is(fields.lines(['E', ''], keepAll), 'A: 1\r\nB: 2\r\nC: 3\r\nD: 4\r\nF: \r\n');
});

test('order, case and repeats survive', (t) => {
  const flat = ['Set-Cookie', 'a', 'x', '1', 'SET-COOKIE', 'b'];
  t.deepEqual(Fields.of(flat).flat(), flat);
});
