import test from 'ava';
import handler from './handler.ts';

const BIRDS = {
  birds: [
    { name: 'dunlin', weight: 48, seen: ['north', 'sea'] },
    { name: 'knot', weight: 140, seen: [] },
    { name: 'ruff', weight: 110, seen: ['sea'], 'ring no': 7 },
  ],
  total: null,
};

const call = (q: string, body: unknown = BIRDS, more = '') =>
  handler.fetch(
    new Request(`http://function/?q=${encodeURIComponent(q)}${more}`, { method: 'POST', body: JSON.stringify(body) }),
  );

for (const [query, lines] of [
  ['.', [JSON.stringify(BIRDS)]],
  ['.birds[0].name', ['"dunlin"']],
  ['.birds[-1]["ring no"], .birds[-1]."ring no"', ['7', '7']],
  ['.birds[].weight', ['48', '140', '110']],
  ['.birds | length', ['3']],
  ['.birds | map(.weight) | add', ['298']],
  ['.birds[1:] | map(.name)', ['["knot","ruff"]']],
  ['.birds[] | select(.weight > 100 and .seen != []) | .name', ['"ruff"']],
  ['.birds[] | select(.seen | length == 0 or (.[0] == "north")) | .name', ['"dunlin"', '"knot"']],
  ['[.birds[] | {name, grams: .weight}] | sort_by(.grams) | last', ['{"name":"knot","grams":140}']],
  ['.birds | group_by(.seen | length) | map(map(.name))', ['[["knot"],["ruff"],["dunlin"]]']],
  ['.birds | map(.name) | join(", ")', ['"dunlin, knot, ruff"']],
  ['.birds | map(.seen[]) | unique', ['["north","sea"]']],
  ['.total.of.what, .nothing', ['null', 'null']],
  ['.birds[]?.x?, (.total[]?), "end"', ['null', 'null', 'null', '"end"']],
  [
    '.birds[0] | keys, has("name"), (.name | type), ("12" | tonumber)',
    ['["name","seen","weight"]', 'true', '"string"', '12'],
  ],
  ['[3, "a", null, true, false, [1], {}] | sort', ['[null,false,true,3,"a",[1],{}]']],
] as const)
  test(`${query} gives ${lines.join(' ').slice(0, 60)}`, async (t) => {
    t.is(await (await call(query)).text(), lines.map((line) => `${line}\n`).join(''));
  });

test('strings can be printed raw, values pretty', async (t) => {
  t.is(await (await call('.birds[0].name', BIRDS, '&raw')).text(), 'dunlin\n');
  t.is(await (await call('.', { a: 1 }, '&pretty')).text(), '{\n  "a": 1\n}\n');
});

for (const [query, message] of [
  ['.birds[', 'ends too early'],
  ['.birds]', '"]" is not expected at character 7'],
  ['.a ; .b', '";" is not expected at character 3'],
  ['.birds.name', '.name needs an object, not [{"name"'],
  ['.birds | frobnicate', 'there is no function frobnicate; there are keys'],
  ['map', '"(" is missing at the end'],
  ['.birds | add', 'cannot be added'],
  ['('.repeat(60), 'nested more than 50 deep'],
] as const)
  test(`a bad query is refused: ${message}`, async (t) => {
    const answer = await call(query);
    t.is(answer.status, 400);
    const text = await answer.text();
    t.true(text.includes(message), text);
  });

test('a body that is no JSON is refused, and members of prototypes are not there', async (t) => {
  const answer = await handler.fetch(new Request('http://function/', { method: 'POST', body: '{' }));
  t.is(answer.status, 400);
  t.is(await (await call('.constructor, .__proto__')).text(), 'null\nnull\n');
});
