import test from 'ava';
import { encodeLogMessage, LogQueryError, parseLogMessage, parseLogQuery } from './logs.ts';

const parse = (query: string) => parseLogQuery(new URLSearchParams(query));

test('a query with a name only asks for all lines, without following', (t) => {
  t.deepEqual(parse('name=env'), { name: 'env', namespace: 'openfaas-fn', follow: false });
});

test('the last of a repeated key counts, and a tail of 0 or less is all lines', (t) => {
  t.is(parse('name=env&tail=1&tail=5').tail, 5);
  t.is(parse('name=env&tail=0').tail, undefined);
  t.is(parse('name=env&tail=-1').tail, undefined);
});

test('since is a time in RFC 3339, also with an unencoded plus', (t) => {
  t.is(parse('name=env&since=2026-01-31T12:00:00%2B01:00').since?.toISOString(), '2026-01-31T11:00:00.000Z');
  t.is(parse('name=env&since=2026-01-31T12:00:00+01:00').since?.toISOString(), '2026-01-31T11:00:00.000Z');
});

for (const query of ['tail=ten', 'follow=yes', 'since=yesterday', 'since=2026-13-01T00:00:00Z'])
  test(`a query with ${query} is refused as one that cannot be read`, (t) => {
    t.throws(() => parse(`name=env&${query}`), { instanceOf: LogQueryError });
  });

test('a log message is one line of JSON and reads back', (t) => {
  const message = { name: 'env', namespace: 'dev', instance: 'r1', timestamp: '2026-01-31T12:00:00.5Z', text: 'a\nb' };
  const line = encodeLogMessage(message);
  t.is(line.indexOf('\n'), line.length - 1);
  t.deepEqual(parseLogMessage(line), message);
});
