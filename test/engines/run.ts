// npm run test:engines -- [NAME ...] [--full]: the suites of test/engines on real engines; all of them without a name.
import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { full: { type: 'boolean', default: false } },
});
const suites = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith('.test.ts'))
  .map((file) => file.slice(0, -'.test.ts'.length));
const unknown = positionals.filter((name) => !suites.includes(name));
if (unknown.length > 0) {
  console.error(
    `no such suite: ${unknown.join(', ')}\nusage: npm run test:engines -- [NAME ...] [--full]\nNAME: ${suites.join(', ')}`,
  );
  process.exit(2);
}

const root = join(import.meta.dirname, '../..');
const files = (positionals.length > 0 ? positionals : suites).map((name) => `test/engines/${name}.test.ts`);
const ava = spawn(
  process.execPath,
  [join(root, 'node_modules/ava/entrypoints/cli.js'), '--config', 'ava.engines.config.js', ...files],
  { cwd: root, stdio: 'inherit', env: { ...process.env, DUNLIN_FULL: values.full ? '1' : '' } },
);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => ava.kill(signal));
ava.on('exit', (code, signal) => process.exit(code ?? (signal === null ? 1 : 130)));
