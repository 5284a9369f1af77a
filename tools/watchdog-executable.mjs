// Builds dist/fwatchdog-linux-x64 (and -arm64 with --all) with Bun's compiler, when its sources changed since.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { arch } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
/** Our name of an architecture, and Bun's package of it. */
const BUN_PACKAGE = { x64: 'bun-linux-x64', arm64: 'bun-linux-aarch64' };
/** DESIGN section 4: without the autoload flags a handler's node_modules do not resolve and .env files are read. */
const FLAGS = [
  '--compile',
  '--minify',
  '--bytecode',
  '--format=esm',
  '--compile-autoload-package-json',
  '--no-compile-autoload-dotenv',
  '--no-compile-autoload-bunfig',
];

const here = arch() === 'arm64' ? 'arm64' : 'x64';
for (const target of process.argv.includes('--all') ? Object.keys(BUN_PACKAGE) : [here]) build(target);

function build(target) {
  const output = join(root, `dist/fwatchdog-linux-${target}`);
  const stamp = `${output}.sources`;
  const sources = sourcesDigest();
  if (existsSync(output) && existsSync(stamp) && readFileSync(stamp, 'utf8') === sources) return;
  process.stderr.write(`Building ${output.slice(root.length + 1)} ...\n`);
  mkdirSync(dirname(output), { recursive: true });
  // Built beside and renamed, so that a replica that is starting meanwhile never sees half a file.
  const unfinished = `${output}.${process.pid}`;
  const bun = join(root, 'node_modules/@oven', BUN_PACKAGE[here], 'bin/bun');
  const runtime = join(root, 'node_modules/@oven', BUN_PACKAGE[target], 'bin/bun');
  const args = ['build', ...FLAGS, `--target=bun-linux-${target}`, `--outfile=${unfinished}`];
  // The runtime to embed comes from the package of the target; the compiler would otherwise download it.
  if (target !== here) args.push(`--compile-executable-path=${runtime}`);
  try {
    execFileSync(bun, [...args, 'watchdog/main.ts'], { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
    renameSync(unfinished, output);
    writeFileSync(stamp, sources);
  } finally {
    rmSync(unfinished, { force: true });
  }
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
