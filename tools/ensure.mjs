// Makes a checkout ready to run: dependencies, a Node that is new enough, the watchdog's executable. Each is made
// only when it is missing or out of date, so a second run costs little. Plain JavaScript for any Node from 18.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
/** The oldest machine's Node that runs our sources: type stripping without a flag and node:sqlite. */
const OLDEST = [22, 20];

await ensureDependencies();
ensureNode();
ensureWatchdog();

async function ensureDependencies() {
  if (dependenciesAreCurrent()) return;
  say('Installing dependencies (once, up to a minute) ...');
  const npm = process.env.npm_execpath;
  const args = ['ci', '--loglevel=error', '--no-audit', '--no-fund', '--no-progress'];
  const status = npm?.endsWith('.js') ? await run(process.execPath, [npm, ...args]) : await run('npm', args);
  if (status !== 0) fail('Could not install the dependencies; npm says why above.');
}

/**
 * In a group of its own, which ends at once with Ctrl-C: npm itself would take a minute to undo what it did, unseen,
 * and the next start would run into that. What is left then, the next installation removes.
 */
async function run(command, args) {
  let child;
  const end = (_signal, number) => {
    if (child?.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    process.exit(128 + number);
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  // Before npm starts: there must be no moment at which it runs and a signal ends us alone.
  for (const signal of signals) process.on(signal, end);
  child = spawn(command, args, { cwd: root, stdio: ['ignore', 2, 2], detached: true });
  const [status] = await once(child, 'close').catch((error) => fail(`${command} cannot be run: ${error.message}`));
  for (const signal of signals) process.off(signal, end);
  return status;
}

/** npm leaves node_modules/.package-lock.json, a copy of what it installed. */
function dependenciesAreCurrent() {
  const installed = readJson(join(root, 'node_modules/.package-lock.json'));
  if (installed === undefined) return false;
  const wanted = readJson(join(root, 'package-lock.json'));
  return Object.entries(wanted.packages).every(([path, { version, optional }]) => {
    const have = installed.packages[path];
    return path === '' || (have === undefined ? optional === true : have.version === version);
  });
}

function ensureNode() {
  const { status, stdout, stderr } = spawnSync('sh', [join(root, 'tools/node'), '--version'], { encoding: 'utf8' });
  const version = /^v(\d+)\.(\d+)/.exec(stdout ?? '');
  if (status === 0 && version !== null) {
    const [major, minor] = [Number(version[1]), Number(version[2])];
    if (major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])) return;
    fail(`Node ${stdout.trim()} is too old and the one that comes with the project was not installed.
Install Node ${OLDEST.join('.')} or newer, or run 'npm ci --include=optional'.`);
  }
  const remedy = /libatomic/.test(stderr ?? '') ? "Install libatomic1: 'apt-get install libatomic1'." : '';
  fail(`The project's Node does not start: ${(stderr ?? '').trim()}\n${remedy}`.trim());
}

function ensureWatchdog() {
  const done = spawnSync('sh', [join(root, 'tools/node'), join(root, 'tools/watchdog-executable.mjs')], {
    cwd: root,
    stdio: ['ignore', 2, 2],
  });
  if (done.status !== 0) fail('Could not build the watchdog; the compiler says why above.');
}

function readJson(path) {
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : undefined;
}

function say(line) {
  process.stderr.write(`${line}\n`);
}

function fail(message) {
  say(message);
  process.exit(1);
}
