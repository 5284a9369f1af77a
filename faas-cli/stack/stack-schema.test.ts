import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { root } from '../testing/project.ts';
import { STACK_FIELDS } from './unknown-fields.ts';

interface Schema {
  readonly properties: Readonly<Record<string, Schema>>;
  readonly additionalProperties: Schema;
}

/** Fields that the parser reads, from its source: each is read once, by name. */
const fieldsIn = (source: string): string[] =>
  [...source.matchAll(/fields\.(?:text|texts|flag|record|fields|required)\(\s*'(\w+)'/g)].map(([, name]) => name!);

test("the editors' schema of a function has exactly the fields that are read", async (t) => {
  const schema = JSON.parse(await readFile(join(root, 'faas-cli/stack/stack.schema.json'), 'utf8')) as Schema;
  const source = await readFile(join(root, 'faas-cli/stack/stack.ts'), 'utf8');
  const body = source.slice(source.indexOf('function parseFunction'), source.indexOf('function resources'));
  // Read by publish of OpenFaaS alone (contract 4.3).
  const expected = new Set([...fieldsIn(body), 'platforms']);
  t.deepEqual(Object.keys(schema.properties.functions!.additionalProperties.properties).sort(), [...expected].sort());
  const top = source.slice(0, source.indexOf('function parseFunction'));
  t.deepEqual(Object.keys(schema.properties).sort(), [...new Set(fieldsIn(top))].sort());
  t.deepEqual([...STACK_FIELDS.function].sort(), [...expected].sort());
  t.deepEqual([...STACK_FIELDS.top].sort(), [...new Set(fieldsIn(top))].sort());
});
