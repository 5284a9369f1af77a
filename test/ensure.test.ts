import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { temporaryFolder } from './harness/temporary-folder.ts';

const root = join(import.meta.dirname, '..');

/** A checkout without dependencies, whose npm is the given script of the shell. */
async function checkout(t: ExecutionContext, npm: string): Promise<string> {
  const folder = await temporaryFolder(t);
  for (const part of ['bin', 'tools', 'package-lock.json'])
    await cp(join(root, part), join(folder, part), { recursive: true });
  await mkdir(join(folder, 'path'));
  await writeFile(join(folder, 'path/npm'), `#!/bin/sh\n${npm}\n`, { mode: 0o755 });
  return folder;
}

function start(t: ExecutionContext, folder: string, command: string, args: readonly string[]) {
  // A group of its own, as a terminal gives to each command.
  const child = spawn(command, args, {
    cwd: folder,
    env: { PATH: `${join(folder, 'path')}:${process.env.PATH}` },
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true,
  });
  t.teardown(() => child.kill('SIGKILL'));
  return child;
}

test('Ctrl-C during the installation leaves no npm that works on in the background', async (t) => {
  const folder = await checkout(t, "trap '' INT; echo npm $$ >&2; while :; do sleep 1; done");
  const child = start(t, folder, process.execPath, ['tools/ensure.mjs']);
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  while (!/npm \d+\n/.test(said)) await once(child.stderr, 'data');
  process.kill(-child.pid!, 'SIGINT');
  // Closed by the last that holds it: npm has ended, too.
  const [code] = await once(child, 'close');
  t.is(code, 130);
});

test('faas-cli of a checkout whose installation was cut short installs again instead of failing with a stack', async (t) => {
  const folder = await checkout(t, 'echo npm is asked again >&2; exit 1');
  await mkdir(join(folder, 'node_modules/commander'), { recursive: true });
  const child = start(t, folder, join(folder, 'bin/faas-cli'), ['version']);
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  const [code] = await once(child, 'close');
  t.is(code, 1);
  t.regex(said, /^Installing .*\nnpm is asked again\nCould not install the dependencies; npm says why above\.\n$/);
});
