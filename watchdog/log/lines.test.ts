import test from 'ava';
import { LineSplitter } from './lines.ts';

function split(limit: number, ...chunks: (string | Buffer)[]): string[] {
  const lines: string[] = [];
  const splitter = new LineSplitter(limit, (line) => lines.push(line));
  for (const chunk of chunks) splitter.push(Buffer.from(chunk as string));
  splitter.end();
  return lines;
}

test('lines come whole, however the bytes arrive', (t) => {
  t.deepEqual(split(100, 'one\ntw', 'o\r\n', '\nlast'), ['one', 'two', '', 'last']);
  const umlaut = Buffer.from('ä\n');
  t.deepEqual(split(100, umlaut.subarray(0, 1), umlaut.subarray(1)), ['ä']);
});

test('a line over the limit is broken between characters, and nothing is lost', (t) => {
  t.deepEqual(split(4, 'abcdefghij\nk\n'), ['abcd', 'efgh', 'ij', 'k']);
  t.deepEqual(split(4, 'aäöüb'), ['aä', 'öü', 'b']);
  t.deepEqual(split(4, 'ab', 'äö'), ['abä', 'ö']);
  t.deepEqual(split(3, '€€'), ['€', '€']);
});
