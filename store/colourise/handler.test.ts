import { stripVTControlCharacters } from 'node:util';
import test from 'ava';
import handler from './handler.ts';

const call = (body: string, query = '') =>
  handler.fetch(new Request(`http://function/${query}`, { method: 'POST', body }));

test('JSON has names, texts, numbers, truths and null in their colours', async (t) => {
  t.is(
    await (await call('{"a": "b\\"", "c": [-1.5e3, true, null]}')).text(),
    '{\x1b[34m"a"\x1b[0m: \x1b[32m"b\\""\x1b[0m, \x1b[34m"c"\x1b[0m: [\x1b[36m-1.5e3\x1b[0m, \x1b[33mtrue\x1b[0m, \x1b[90mnull\x1b[0m]}',
  );
});

test('a diff has its lines in colour', async (t) => {
  t.is(
    await (await call('--- a\n+++ b\n@@ -1 +1 @@\n-old\n+new\n same\n')).text(),
    '\x1b[90m--- a\x1b[0m\n\x1b[90m+++ b\x1b[0m\n\x1b[36m@@ -1 +1 @@\x1b[0m\n\x1b[31m-old\x1b[0m\n\x1b[32m+new\x1b[0m\n same\n',
  );
});

test('a log has times, levels and numbers in colour, but not parts of words', async (t) => {
  t.is(
    await (await call('2026-11-21T10:00:00Z ERROR id4 took 12 ms\n')).text(),
    '\x1b[90m2026-11-21T10:00:00Z\x1b[0m \x1b[31mERROR\x1b[0m id4 took \x1b[36m12\x1b[0m ms\n',
  );
});

test('a page gets HTML, with what is HTML in the text escaped', async (t) => {
  const answer = await call('{"<b>": 1}', '?format=html');
  t.is(answer.headers.get('content-type'), 'text/html; charset=utf-8');
  t.is(
    await answer.text(),
    '<pre>{<span style="color:#0b57d0">"&lt;b&gt;"</span>: <span style="color:#00696d">1</span>}</pre>\n',
  );
});

test('no character is lost, whatever the kind', async (t) => {
  const text = 'a "b\n{"c: 1}\n+x\n-y\n@@ \\ 2026-01-01 99 WARN https://d.e/f?g "h"\n\n';
  for (const kind of ['json', 'diff', 'log'])
    t.is(stripVTControlCharacters(await (await call(text, `?kind=${kind}`)).text()), text, kind);
});

test('an unknown kind is refused', async (t) => {
  t.is((await call('x', '?kind=yaml')).status, 400);
});
