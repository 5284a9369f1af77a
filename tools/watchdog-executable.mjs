// Builds dist/fwatchdog-linux-x64 with Bun's compiler, when its sources changed since; the same sources make the same
// bytes. With --all for arm64, too; with --musl also dist/fwatchdog-linux-x64-musl, for images with musl's C library.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { arch } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
/** Our name of an architecture, with the C library if that is not glibc, and Bun's package of it. */
const BUN_PACKAGE = {
  x64: 'bun-linux-x64',
  arm64: 'bun-linux-aarch64',
  'x64-musl': 'bun-linux-x64-musl',
  'arm64-musl': 'bun-linux-aarch64-musl',
};
/** DESIGN section 4: without the autoload flags a handler's node_modules do not resolve and .env files are read. */
const FLAGS = [
  '--compile',
  '--minify',
  '--bytecode',
  '--format=esm',
  '--compile-autoload-package-json',
  '--no-compile-autoload-dotenv',
  '--no-compile-autoload-bunfig',
  // Threads are found beside the main file, wherever their source is.
  '--entry-naming=[name].[ext]',
];

/** Threads, which the compiler does not find by itself. */
const ENTRY_POINTS = ['watchdog/main.ts', 'watchdog/modes/module/loop-guard-worker.ts'];
/**
 * Bun takes orders from BUN_* variables: to be the `bun` command, to take flags, to open a debugger. A function must
 * not give any, so their names are changed in the runtime to ones that no environment can hold; these must be among
 * them. BUN_ENV is left, because it is also a name in programs. (BUN_JSC_* is read otherwise: main.ts refuses it.)
 */
const DEAF_TO = ['BUN_BE_BUN', 'BUN_OPTIONS', 'BUN_INSPECT', 'BUN_CONFIG_'];

const here = arch() === 'arm64' ? 'arm64' : 'x64';
// Ctrl-C reaches the compiler too, which ends of it; what was begun is then removed, 200 MB of it.
process.on('SIGINT', () => {});
for (const machine of process.argv.includes('--all') ? ['x64', 'arm64'] : [here]) {
  build(machine);
  if (process.argv.includes('--musl')) build(`${machine}-musl`);
}

function build(target) {
  const output = join(root, `dist/fwatchdog-linux-${target}`);
  const stamp = `${output}.sources`;
  const sources = sourcesDigest();
  if (existsSync(output) && existsSync(stamp) && readFileSync(stamp, 'utf8') === sources) return;
  process.stderr.write(`Building ${output.slice(root.length + 1)} ...\n`);
  // In a folder of its own and renamed, so that a replica that is starting meanwhile never sees half a file. Always
  // under the same name, which the file contains.
  mkdirSync(dirname(output), { recursive: true });
  const scratch = mkdtempSync(`${output}.`);
  try {
    const runtime = join(scratch, 'runtime');
    writeFileSync(runtime, deafened(readFileSync(bunOf(target))), { mode: 0o755 });
    const unfinished = join(scratch, 'fwatchdog');
    const args = [
      'build',
      ...FLAGS,
      `--target=bun-linux-${target}`,
      `--compile-executable-path=${runtime}`,
      `--outfile=${unfinished}`,
      ...ENTRY_POINTS,
    ];
    execFileSync(bunOf(here), args, { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
    renameSync(unfinished, output);
    writeFileSync(stamp, sources);
  } catch (error) {
    if (error.signal !== 'SIGINT') throw error;
    process.exitCode = 130;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** The program in Bun's package for a target; npm installs only this machine's, so others are unpacked into dist/. */
function bunOf(target) {
  const installed = join(root, 'node_modules/@oven', BUN_PACKAGE[target], 'bin/bun');
  if (existsSync(installed)) return installed;
  const { version } = JSON.parse(readFileSync(join(root, 'node_modules/@oven', BUN_PACKAGE[here], 'package.json')));
  const cache = join(root, 'dist/cache', `${BUN_PACKAGE[target]}-${version}`);
  const bun = join(cache, 'package/bin/bun');
  if (existsSync(bun)) return bun;
  mkdirSync(cache, { recursive: true });
  const name = `@oven/${BUN_PACKAGE[target]}@${version}`;
  const stdio = ['ignore', 'pipe', 'inherit'];
  const packed = execFileSync('npm', ['pack', name, '--silent', '--pack-destination', cache], { cwd: cache, stdio });
  execFileSync('tar', ['-xzf', packed.toString().trim()], { cwd: cache, stdio });
  return bun;
}

/** The runtime without the names of variables that it obeys: an '=' can be part of no variable's name. */
function deafened(elf) {
  const [start, end] = section(elf, '.rodata');
  const missing = DEAF_TO.find((name) => elf.indexOf(name, start) === -1);
  if (missing !== undefined) throw new Error(`${missing} is not in Bun's runtime any more; see what it reads instead`);
  for (let at = elf.indexOf('BUN_', start); at !== -1 && at < end; at = elf.indexOf('BUN_', at + 1))
    if (elf.toString('latin1', at, at + 7) !== 'BUN_ENV') elf[at] = '='.charCodeAt(0);
  return elf;
}

/** Where a section of a 64-bit little-endian ELF file begins and ends (ELF-64 Object File Format, 3 and 4). */
function section(elf, wanted) {
  const table = Number(elf.readBigUInt64LE(0x28));
  const entrySize = elf.readUInt16LE(0x3a);
  const entry = (index) => {
    const at = table + index * entrySize;
    const offset = Number(elf.readBigUInt64LE(at + 24));
    return { name: elf.readUInt32LE(at), offset, end: offset + Number(elf.readBigUInt64LE(at + 32)) };
  };
  const names = entry(elf.readUInt16LE(0x3e)).offset;
  for (let index = 0; index < elf.readUInt16LE(0x3c); index++) {
    const { name, offset, end } = entry(index);
    if (elf.toString('latin1', names + name, elf.indexOf(0, names + name)) === wanted) return [offset, end];
  }
  throw new Error(`Bun's runtime has no section ${wanted}`);
}

/** Changes when the watchdog's sources, its compiler or this script do. */
function sourcesDigest() {
  const digest = createHash('sha256');
  for (const folder of ['watchdog', 'common']) {
    const files = readdirSync(join(root, folder), { recursive: true }).map(String).sort();
    for (const file of files)
      if (file.endsWith('.ts') && !file.endsWith('.test.ts'))
        digest.update(`${folder}/${file}\0`).update(readFileSync(join(root, folder, file)));
  }
  digest.update(readFileSync(join(root, 'node_modules/@oven', BUN_PACKAGE[here], 'package.json')));
  return digest.update(readFileSync(fileURLToPath(import.meta.url))).digest('hex');
}
