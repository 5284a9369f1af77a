import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import test from 'ava';
import { EXECUTABLE } from './harness.ts';

const root = join(import.meta.dirname, '../..');

test('the same sources make the same executable, byte by byte, in another folder too', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'watchdog build '));
  t.teardown(() => rmSync(folder, { recursive: true }));
  for (const each of ['common', 'watchdog', 'tools', 'package.json', 'tsconfig.json'])
    cpSync(join(root, each), join(folder, each), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  const script = join(folder, 'tools/watchdog-executable.mjs');
  execFileSync(process.execPath, [script], { stdio: 'ignore' });
  t.true(readFileSync(join(folder, 'dist', basename(EXECUTABLE))).equals(readFileSync(EXECUTABLE)));
});
