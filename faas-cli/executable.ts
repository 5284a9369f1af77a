import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { unpackAssets } from './embedded-assets.ts';
import { runProcess } from './run-process.ts';

/**
 * The start of the single-file program that tools/cli-executable.mjs makes: templates and store lie inside it, and its
 * own runtime is the bundler.
 */
await runProcess(process, {
  assets: () => {
    const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'dunlin');
    return unpackAssets(join(import.meta.dirname, 'assets.bin'), cache);
  },
  bundler: { program: process.execPath, env: { BUN_BE_BUN: '1' } },
  watchdog: join(dirname(process.execPath), `fwatchdog-linux-${process.arch}`),
});
