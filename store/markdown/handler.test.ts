import test from 'ava';
import handler from './handler.ts';
import { toHtml } from './markdown.ts';

const call = (body: string, query = '') =>
  handler.fetch(new Request(`http://function/${query}`, { method: 'POST', body }));

test('the answer is HTML, and with ?page a whole page', async (t) => {
  const answer = await call('# Dunlin\n');
  t.is(answer.headers.get('content-type'), 'text/html; charset=utf-8');
  t.is(await answer.text(), '<h1>Dunlin</h1>\n');
  t.regex(await (await call('# Dunlin', '?page')).text(), /^<!doctype html>[\s\S]*<h1>Dunlin<\/h1>/);
});

for (const [title, markdown, html] of [
  ['headings', '## A *b* ##\nc', '<h2>A <em>b</em></h2>\n<p>c</p>\n'],
  ['paragraphs', 'a\nb\n\nc', '<p>a\nb</p>\n<p>c</p>\n'],
  ['line breaks', 'a  \nb\\\nc', '<p>a<br>\nb<br>\nc</p>\n'],
  [
    'emphasis',
    '**a** _b_ ***c*** ~~d~~',
    '<p><strong>a</strong> <em>b</em> <strong><em>c</em></strong> <del>d</del></p>\n',
  ],
  ['no emphasis in names', 'snake_case_name 2 * 3 * 4', '<p>snake_case_name 2 * 3 * 4</p>\n'],
  ['escapes', '\\*a\\* `*b*` ``c`d``', '<p>*a* <code>*b*</code> <code>c`d</code></p>\n'],
  [
    'links',
    '[a](/b "c") <https://d.e> ![f](g.png)',
    '<p><a href="/b" title="c">a</a> <a href="https://d.e">https://d.e</a> <img src="g.png" alt="f"></p>\n',
  ],
  ['bare addresses', 'see https://a.b/c.', '<p>see <a href="https://a.b/c">https://a.b/c</a>.</p>\n'],
  [
    'lists',
    '- a\n- b\n  1. c\n  2. d\n- e',
    '<ul>\n<li>a</li>\n<li>b\n<ol>\n<li>c</li>\n<li>d</li>\n</ol></li>\n<li>e</li>\n</ul>\n',
  ],
  ['numbered lists', '3. a\n4. b', '<ol start="3">\n<li>a</li>\n<li>b</li>\n</ol>\n'],
  ['quotations', '> a\n> - b\n\nc', '<blockquote>\n<p>a</p>\n<ul>\n<li>b</li>\n</ul>\n</blockquote>\n<p>c</p>\n'],
  ['code', '```ts\na < b\n\n*c*\n```\nd', '<pre><code class="language-ts">a &lt; b\n\n*c*\n</code></pre>\n<p>d</p>\n'],
  ['rules', 'a\n\n---\n* * *', '<p>a</p>\n<hr>\n<hr>\n'],
  [
    'tables',
    '| a | b |\n| - | -: |\n| `c` | d \\| e |',
    '<table>\n<tr><th>a</th><th style="text-align: right">b</th></tr>\n<tr><td><code>c</code></td><td style="text-align: right">d | e</td></tr>\n</table>\n',
  ],
] as const)
  test(`${title} are made HTML`, (t) => {
    t.is(toHtml(markdown), html);
  });

test('HTML and addresses that run scripts come to nothing', (t) => {
  t.is(toHtml('<script>x</script>'), '<p>&lt;script&gt;x&lt;/script&gt;</p>\n');
  for (const address of ['javascript:alert(1)', 'JavaScript:x', 'data:text/html,x', 'vbscript:x'])
    t.is(toHtml(`[a](${address})`), '<p><a href="">a</a></p>\n', address);
  t.is(toHtml('![a"](x "y\'")'), '<p><img src="x" alt="a&quot;" title="y\'"></p>\n');
});

test('deep nesting does not exhaust the stack', (t) => {
  t.true(toHtml('>'.repeat(50_000)).length > 0);
  t.true(toHtml(`${'- '.repeat(5000)}a`).length > 0);
  t.true(toHtml(`${'**a _b '.repeat(2000)}`).length > 0);
});
