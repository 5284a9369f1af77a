// npm run build [-- --musl]: what ships, in dist/. Programs that need nothing on the machine they run on, for x64 and
// arm64; with --musl also the watchdogs for images such as Alpine's, which takes two downloads of 50 MB the first time.
import { execFileSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const tools = dirname(fileURLToPath(import.meta.url));
const given = process.argv.slice(2);
const unknown = given.find((argument) => argument !== '--musl');
if (unknown !== undefined) {
  process.stderr.write(`npm run build takes only --musl, got "${unknown}"\n`);
  process.exit(1);
}
const run = (script, ...args) =>
  execFileSync(process.execPath, [join(tools, script), '--all', ...args], { stdio: 'inherit' });
run('watchdog-executable.mjs', ...given);
run('cli-executable.mjs');
