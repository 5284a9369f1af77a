import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import manifest from '../package.json' with { type: 'json' };
import { VERSION } from './version.ts';

const folder = import.meta.dirname;

test('every test that the compatibility table names is there', (t) => {
  const tests = readdirSync(join(folder, 'test'))
    .map((file) => readFileSync(join(folder, 'test', file), 'utf8'))
    .join('\n');
  const rows = [...readFileSync(join(folder, 'README.md'), 'utf8').matchAll(/^\|.*\| `([^|`]+)` *\|$/gm)];
  t.true(rows.length > 40);
  for (const [, title] of rows) t.true(tests.includes(title!), title);
});

test("the version inside is the project's", (t) => t.is(VERSION, manifest.version));
