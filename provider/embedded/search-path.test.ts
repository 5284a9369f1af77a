import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { firstClosedFolder, searchPath } from './search-path.ts';

test('folders that other users cannot enter are left out, and so hide nothing', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'dunlin-path-'));
  t.teardown(() => rm(folder, { recursive: true }));
  await mkdir(join(folder, 'open/bin'), { recursive: true });
  await mkdir(join(folder, 'closed/bin'), { recursive: true });
  await chmod(folder, 0o711);
  await chmod(join(folder, 'closed'), 0o700);
  const path = `${folder}/closed/bin:${folder}/open/bin:/usr/bin`;
  t.is(searchPath('/data/bin', path, true), `/data/bin:${folder}/open/bin:/usr/bin:/usr/local/bin:/bin`);
  t.is(firstClosedFolder(`${folder}/closed/bin`), `${folder}/closed`);
});

test('relative entries, empty ones and those of npm are left out', (t) => {
  const path = 'bin::/srv/app/node_modules/.bin:/x/node-gyp-bin:/opt/tools';
  t.is(searchPath('/data/bin', path, false), '/data/bin:/opt/tools:/usr/local/bin:/usr/bin:/bin');
});
