import test from 'ava';
import handler from './handler.ts';
import { validate } from './validate.ts';

const call = (body: string) => handler.fetch(new Request('http://function/', { method: 'POST', body }));
/** `path keyword` of every flaw. */
const flaws = (schema: unknown, document: unknown) =>
  validate(schema, document).map(({ path, keyword }) => `${path} ${keyword}`);

const ORDER = {
  type: 'object',
  required: ['id', 'lines'],
  additionalProperties: false,
  properties: {
    id: { type: 'string', format: 'uuid' },
    lines: { type: 'array', minItems: 1, items: { $ref: '#/$defs/line' } },
  },
  $defs: {
    line: {
      type: 'object',
      required: ['sku'],
      properties: { sku: { pattern: '^[A-Z]+$' }, count: { type: 'integer', minimum: 1 } },
    },
  },
};

test('a document that fits is a 200', async (t) => {
  const document = { id: '0b3c7c4e-6f0e-4a7e-9d55-0a1b2c3d4e5f', lines: [{ sku: 'AB', count: 2 }] };
  const answer = await call(JSON.stringify({ schema: ORDER, document }));
  t.is(answer.status, 200);
  t.deepEqual(await answer.json(), { valid: true, errors: [] });
});

test('one that does not is a 422 that names every place, keyword and rule', async (t) => {
  const document = { id: 'x', lines: [{ sku: 'ab', count: 0 }, {}], 'a/b': 1 };
  const answer = await call(JSON.stringify({ schema: ORDER, document }));
  t.is(answer.status, 422);
  t.deepEqual(await answer.json(), {
    valid: false,
    errors: [
      { path: '/a~1b', keyword: 'additionalProperties', message: 'is not allowed' },
      { path: '/id', keyword: 'format', message: 'must be of the format uuid' },
      { path: '/lines/0/sku', keyword: 'pattern', message: 'must fit ^[A-Z]+$' },
      { path: '/lines/0/count', keyword: 'minimum', message: 'must be at least 1' },
      { path: '/lines/1', keyword: 'required', message: 'lacks "sku"' },
    ],
  });
});

/** schema, a document that fits, one that does not, the flaws of that. */
const CASES: readonly (readonly [unknown, unknown, unknown, readonly string[]])[] = [
  [{ type: ['integer', 'null'] }, 1.0, 1.5, [' type']],
  [{ enum: [1, { a: [2] }] }, { a: [2] }, { a: [3] }, [' enum']],
  [{ const: null }, null, 0, [' const']],
  [{ exclusiveMinimum: 0, multipleOf: 0.1 }, 0.3, 0.35, [' multipleOf']],
  [{ exclusiveMaximum: 3, maximum: 9 }, 2, 3, [' exclusiveMaximum']],
  [{ minLength: 2, maxLength: 2 }, '🐦🐦', '🐦', [' minLength']],
  [{ prefixItems: [true, { type: 'string' }], items: false }, [1, 'a'], [1, 2, 3], ['/1 type', '/2 false']],
  [{ uniqueItems: true }, [1, '1', [1]], [1, 2, 1], ['/2 uniqueItems']],
  [{ contains: { const: 1 }, maxContains: 1 }, [0, 1], [1, 1], [' contains']],
  [{ minProperties: 1, maxProperties: 1 }, { a: 1 }, {}, [' minProperties']],
  [
    { patternProperties: { '^x': { type: 'number' } }, additionalProperties: { type: 'string' } },
    { x1: 1, y: '' },
    { x1: '', y: 1 },
    ['/x1 type', '/y type'],
  ],
  [{ propertyNames: { maxLength: 1 } }, { a: 1 }, { ab: 1 }, ['/ab maxLength']],
  [{ dependentRequired: { a: ['b'] } }, { b: 1 }, { a: 1 }, [' dependentRequired']],
  [{ allOf: [{ minimum: 1 }, { maximum: 2 }] }, 1, 3, [' maximum']],
  [{ anyOf: [{ type: 'string' }, { minimum: 5 }] }, 5, 4, [' anyOf']],
  [{ oneOf: [{ multipleOf: 2 }, { multipleOf: 3 }] }, 4, 6, [' oneOf']],
  [{ not: { type: 'string' } }, 1, '', [' not']],
  // Written as text, since an object with a member `then` looks like a promise.
  [JSON.parse('{"if":{"type":"string"},"then":{"minLength":1},"else":{"minimum":1}}'), 1, 0, [' minimum']],
  [{ format: 'date-time' }, '2028-02-29T12:00:00Z', '2027-02-29T12:00:00Z', [' format']],
  [{ format: 'email' }, 'ada@example.org', 'ada@', [' format']],
];
for (const [schema, right, wrong, expected] of CASES)
  test(`${JSON.stringify(schema)} accepts and refuses`, (t) => {
    t.deepEqual(flaws(schema, right), []);
    t.deepEqual(flaws(schema, wrong), expected);
  });

test('a schema may refer to itself as deep as the document goes', (t) => {
  const schema = { properties: { next: { $ref: '#' } }, required: ['value'] };
  t.deepEqual(flaws(schema, { value: 1, next: { value: 2, next: {} } }), ['/next/next required']);
});

for (const [body, message] of [
  ['{', 'no JSON'],
  ['{"schema":{}}', 'Send {"schema"'],
  ['{"schema":[],"document":1}', 'must be an object or a boolean, got []'],
  ['{"schema":{"type":"text"},"document":1}', 'there is no type "text"'],
  ['{"schema":{"$ref":"#/a"},"document":1}', '"#/a" leads nowhere'],
  ['{"schema":{"$ref":"#"},"document":1}', 'in a circle'],
  ['{"schema":{"$ref":"http://a/b"},"document":1}', 'another document'],
  ['{"schema":{"pattern":"("},"document":"a"}', 'Invalid regular expression'],
  ['{"schema":{"minimum":"1"},"document":1}', 'minimum must be a number'],
] as const)
  test(`a body that cannot be used is refused: ${message}`, async (t) => {
    const answer = await call(body);
    t.is(answer.status, 400);
    const text = await answer.text();
    t.true(text.includes(message), text);
  });
