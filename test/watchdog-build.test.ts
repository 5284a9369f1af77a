import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { watch } from 'node:fs';
import { cp, mkdir, readdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { temporaryFolder } from './harness/temporary-folder.ts';

const root = join(import.meta.dirname, '..');

test('Ctrl-C in the middle of building the watchdog leaves no half-built files behind', async (t) => {
  const copy = await temporaryFolder(t);
  for (const folder of ['common', 'tools', 'watchdog'])
    await cp(join(root, folder), join(copy, folder), { recursive: true });
  await cp(join(root, 'package.json'), join(copy, 'package.json'));
  await symlink(join(root, 'node_modules'), join(copy, 'node_modules'));
  const dist = join(copy, 'dist');
  await mkdir(dist);
  const begun = watch(dist);
  t.teardown(() => begun.close());
  const appeared = once(begun, 'change');
  // In a group of its own, all of which a terminal sends the signal to.
  const build = spawn(process.execPath, [join(copy, 'tools/watchdog-executable.mjs')], {
    detached: true,
    stdio: 'pipe',
  });
  let said = '';
  build.stderr.on('data', (chunk: Buffer) => {
    said += chunk;
  });
  const closed = once(build, 'close');
  await appeared;
  process.kill(-build.pid!, 'SIGINT');
  await closed;
  t.regex(said, /^Building dist\/\S+ \.\.\.\n$/);
  const left = await readdir(dist);
  t.deepEqual(
    left.filter((name) => /\.\w{6}$/.test(name)),
    [],
    left.join(' '),
  );
});
