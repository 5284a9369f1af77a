import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { ERROR_STATUS } from '../common/errors.ts';

interface Row {
  readonly code: string;
  readonly status: number;
  readonly meaning: string;
  readonly remedy: string;
}

/** The rows of docs/ERRORS.md's table, in its order. */
const rows: readonly Row[] = readFileSync(join(import.meta.dirname, '../docs/ERRORS.md'), 'utf8')
  .split('\n')
  .map((line) => line.split('|').map((cell) => cell.trim()))
  .filter((cells) => /^`\w+`$/.test(cells[1] ?? ''))
  .map(([, code = '', status, meaning = '', remedy = '']) => ({
    code: code.slice(1, -1),
    status: Number(status),
    meaning,
    remedy,
  }));

test('docs/ERRORS.md has every code with its status, in the order of the table in common/errors.ts', (t) => {
  t.deepEqual(
    rows.map(({ code, status }) => [code, status]),
    Object.entries(ERROR_STATUS),
  );
});

test('every code is explained by a meaning and by what to do, in sentences', (t) => {
  for (const { code, meaning, remedy } of rows) {
    t.regex(meaning, /^[A-Z`].{15,}\.$/, code);
    t.regex(remedy, /^[A-Z`].{10,}\.$/, code);
  }
});
