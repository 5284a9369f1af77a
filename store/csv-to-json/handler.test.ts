import test from 'ava';
import { parseCsv } from './csv.ts';
import handler from './handler.ts';

const call = (body: string, query = '') =>
  handler.fetch(new Request(`http://function/${query}`, { method: 'POST', body }));

test('rows become objects named by the first one', async (t) => {
  t.deepEqual(await (await call('bird,weight\r\ndunlin,48\r\nknot,140\r\n')).json(), [
    { bird: 'dunlin', weight: '48' },
    { bird: 'knot', weight: '140' },
  ]);
});

test('numbers are numbers when asked for, but not codes with leading zeros', async (t) => {
  t.deepEqual(await (await call('a;b;c;d\n1;-2.5;007;1e3', '?numbers&delimiter=;')).json(), [
    { a: 1, b: -2.5, c: '007', d: '1e3' },
  ]);
});

test('without a header rows are lists', async (t) => {
  t.deepEqual(await (await call('1\t2\n3\t4', '?header=false&delimiter=tab')).json(), [
    ['1', '2'],
    ['3', '4'],
  ]);
});

for (const [title, text, rows] of [
  ['quotes hold delimiters, line breaks and quotes', '"a,b","c\nd","e""f"\n', [['a,b', 'c\nd', 'e"f']]],
  [
    'empty fields stay, at the end too',
    'a,,\n,b,',
    [
      ['a', '', ''],
      ['', 'b', ''],
    ],
  ],
  ['empty lines and a byte order mark are left out', '\uFEFFa\n\n\r\nb\n""\n', [['a'], ['b'], ['']]],
  ['nothing is no rows', '', []],
] as const)
  test(title, (t) => {
    t.deepEqual(parseCsv(text, ','), rows as never);
  });

for (const [body, message] of [
  ['a,b\n1', 'Row 2 has 1 fields, the first one 2'],
  ['a,a\n1,2', 'names "a" twice'],
  ['a\n"x', 'Row 2: a quoted field has no closing quote'],
  ['a\n"x"y', 'Row 2: after a closing quote comes "y"'],
] as const)
  test(`what is no table is refused: ${message}`, async (t) => {
    const answer = await call(body);
    t.is(answer.status, 400);
    t.true((await answer.text()).includes(message));
  });
