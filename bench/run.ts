// npm run bench -- NAME [--check] [--seed N]: a table for people, then one last line `RESULT {json}`.
import { readdirSync, readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import type { Bench } from './bench.ts';
import { checkBounds, type Verdict } from './check.ts';

const HELPERS = new Set(['run', 'bench', 'check']);
const here = new URL('.', import.meta.url);

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { check: { type: 'boolean', default: false }, seed: { type: 'string', default: '' } },
});
const name = positionals[0];
const names = readdirSync(here)
  .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
  .map((file) => file.slice(0, -3))
  .filter((candidate) => !HELPERS.has(candidate));
if (name === undefined || !names.includes(name)) {
  console.error(`usage: npm run bench -- NAME [--check] [--seed N]\nNAME is one of: ${names.join(', ')}`);
  process.exit(2);
}

const seed = values.seed === '' ? Date.now() % 1_000_000 : Number(values.seed);
if (!Number.isSafeInteger(seed)) {
  console.error(`--seed must be a whole number, got "${values.seed}"`);
  process.exit(2);
}
const bench = (await import(new URL(`${name}.ts`, here).href)) as Bench;
console.log(`${name}: ${bench.question}`);
console.log(`seed ${seed}, Node ${process.version}, ${cpus().length} x ${cpus()[0]?.model.trim() ?? 'unknown CPU'}\n`);
const { figures, table } = await bench.run({ seed, log: (line) => console.error(line) });
if (table !== undefined) printTable(table);

const bounds = JSON.parse(readFileSync(new URL('bounds.json', here), 'utf8'))[name] ?? {};
const verdicts = checkBounds(bounds, figures, bench.pending);
for (const verdict of verdicts) console.log(describe(verdict, bench.pending));
const missed = verdicts.filter(({ outcome }) => outcome === 'missed' || outcome === 'not measured');
if (values.check && missed.length > 0) {
  console.error(`bounds not met: ${missed.map(({ bound }) => `${name}.${bound}`).join(', ')}`);
  process.exitCode = 1;
}
console.log(`RESULT ${JSON.stringify({ name, seed, figures, bounds: verdicts })}`);

function printTable(rows: readonly (readonly string[])[]): void {
  const widths = rows[0]!.map((_cell, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  for (const row of rows)
    console.log(row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  '));
  console.log();
}

function describe({ bound, limit, figure, outcome }: Verdict, pending: Bench['pending']): string {
  const why = outcome === 'pending' ? ` (${pending?.[bound]})` : '';
  return `bound ${bound} ${limit}: ${figure === undefined ? '' : `${Number(figure.toPrecision(4))} `}${outcome}${why}`;
}
