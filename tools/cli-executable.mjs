// Builds dist/faas-cli (and dist/faas-cli-linux-arm64 with --all): one file that needs no Node, with templates and
// store inside. Its runtime is Bun, which is its bundler, too.
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { arch } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const BUN_PACKAGE = { x64: 'bun-linux-x64', arm64: 'bun-linux-aarch64' };
const here = arch() === 'arm64' ? 'arm64' : 'x64';
const FLAGS = [
  '--compile',
  '--minify',
  '--bytecode',
  '--format=esm',
  '--no-compile-autoload-dotenv',
  '--no-compile-autoload-bunfig',
  // Assets are found beside the main file.
  '--entry-naming=[name].[ext]',
  '--asset-naming=[name].[ext]',
  '--loader=.bin:file',
];

function build(target) {
  const output = join(root, target === here ? 'dist/faas-cli' : `dist/faas-cli-linux-${target}`);
  process.stderr.write(`Building ${output.slice(root.length + 1)} ...\n`);
  mkdirSync(dirname(output), { recursive: true });
  const scratch = mkdtempSync(`${output}.`);
  try {
    const assets = join(scratch, 'assets.bin');
    const files = [...['templates', 'store'].flatMap(filesIn), 'deploy/watchdog.Dockerfile'];
    writeFileSync(assets, JSON.stringify(files.map(assetOf)));
    const unfinished = join(scratch, 'faas-cli');
    const runtime = target === here ? [] : [`--compile-executable-path=${crossRuntime(target)}`];
    const args = ['build', ...FLAGS, `--target=bun-linux-${target}`, ...runtime, `--outfile=${unfinished}`];
    execFileSync(installed(here), [...args, join(root, 'faas-cli/executable.ts'), assets], {
      cwd: root,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    renameSync(unfinished, output);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

const installed = (target) => join(root, 'node_modules/@oven', BUN_PACKAGE[target], 'bin/bun');

/** tools/watchdog-executable.mjs --all unpacks the other architecture's runtime here. */
function crossRuntime(target) {
  const { version } = JSON.parse(readFileSync(join(root, 'node_modules/@oven', BUN_PACKAGE[here], 'package.json')));
  const bun = join(root, 'dist/cache', `${BUN_PACKAGE[target]}-${version}`, 'package/bin/bun');
  if (!existsSync(bun))
    throw new Error(`${bun} is missing; run first: sh tools/node tools/watchdog-executable.mjs --all`);
  return bun;
}

/** What git would keep of a folder, by path. */
function filesIn(folder) {
  return readdirSync(join(root, folder), { recursive: true })
    .map((file) => join(folder, String(file)))
    .filter((path) => !path.split('/').includes('node_modules') && statSync(join(root, path)).isFile())
    .sort();
}

const assetOf = (path) => ({
  path,
  executable: (statSync(join(root, path)).mode & 0o111) !== 0,
  content: readFileSync(join(root, path)).toString('base64'),
});

for (const target of process.argv.includes('--all') ? Object.keys(BUN_PACKAGE) : [here]) build(target);
