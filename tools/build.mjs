// npm run build: what ships, in dist/. Programs that need nothing on the machine they run on, for x64 and arm64.
import { execFileSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const tools = dirname(fileURLToPath(import.meta.url));
for (const script of ['watchdog-executable.mjs', 'cli-executable.mjs'])
  execFileSync(process.execPath, [join(tools, script), '--all'], { stdio: 'inherit' });
