import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { arch, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { EXECUTABLE } from './harness.ts';

const root = join(import.meta.dirname, '../..');

test('the same sources make the same executable, byte by byte, in another folder too', (t) => {
  const folder = checkout(t);
  execFileSync(process.execPath, [join(folder, 'tools/watchdog-executable.mjs')], { stdio: 'ignore' });
  t.true(readFileSync(join(folder, 'dist', basename(EXECUTABLE))).equals(readFileSync(EXECUTABLE)));
});

test("with --musl it is also made from Bun's runtime for musl, asks for that loader, and is as deaf to BUN_*", (t) => {
  const folder = checkout(t);
  const dist = join(folder, 'dist');
  mkdirSync(dist);
  for (const made of [EXECUTABLE, `${EXECUTABLE}.sources`]) symlinkSync(made, join(dist, basename(made)));
  // That runtime would be a download of 50 MB. This machine's, made to ask for the other loader, stands for it where
  // an earlier build would have unpacked it.
  const [name, loader, musl] = BUN[arch() === 'arm64' ? 'arm64' : 'x64'];
  const bun = readFileSync(join(root, 'node_modules/@oven', name, 'bin/bun'));
  const asked = bun.indexOf(`${loader}\0`);
  bun.fill(0, asked, asked + loader.length).write(musl, asked);
  const { version } = JSON.parse(readFileSync(join(root, 'node_modules/@oven', name, 'package.json'), 'utf8'));
  const unpacked = join(dist, 'cache', `${name}-musl-${version}`, 'package/bin');
  mkdirSync(unpacked, { recursive: true });
  writeFileSync(join(unpacked, 'bun'), bun);
  const script = join(folder, 'tools/watchdog-executable.mjs');
  // Without a PATH there is no npm to download anything.
  execFileSync(process.execPath, [script, '--musl'], { env: {}, stdio: ['ignore', 'ignore', 'inherit'] });
  const executable = readFileSync(join(dist, `${basename(EXECUTABLE)}-musl`));
  t.true(executable.subarray(0, 4096).includes(`\0${musl}\0`));
  t.true(bun.includes('BUN_BE_BUN'));
  for (const variable of ['BUN_BE_BUN', 'BUN_OPTIONS', 'BUN_CONFIG_']) t.false(executable.includes(variable), variable);
});

/** Bun's package for a machine, and the loaders of glibc and of musl there. */
const BUN = {
  x64: ['bun-linux-x64', '/lib64/ld-linux-x86-64.so.2', '/lib/ld-musl-x86_64.so.1'],
  arm64: ['bun-linux-aarch64', '/lib/ld-linux-aarch64.so.1', '/lib/ld-musl-aarch64.so.1'],
} as const;

/** A copy of all that the executable is made from. */
function checkout(t: ExecutionContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'watchdog build '));
  t.teardown(() => rmSync(folder, { recursive: true }));
  for (const each of ['common', 'watchdog', 'tools', 'package.json', 'tsconfig.json'])
    cpSync(join(root, each), join(folder, each), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  return folder;
}
