import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { type Asset, unpackAssets } from './embedded-assets.ts';
import { Project } from './testing/project.ts';

const base64 = (text: string) => Buffer.from(text).toString('base64');

test('assets are unpacked once for each content, with their modes', async (t) => {
  await using project = await Project.create();
  const archive = project.path('assets.bin');
  const assets: Asset[] = [
    { path: 'templates/a/run.sh', executable: true, content: base64('one') },
    { path: 'store/functions.json', executable: false, content: base64('{}') },
  ];
  await writeFile(archive, JSON.stringify(assets));
  const cache = project.path('cache');
  const folder = unpackAssets(archive, cache);
  t.is(await readFile(join(folder, 'templates/a/run.sh'), 'utf8'), 'one');
  t.is((await stat(join(folder, 'templates/a/run.sh'))).mode & 0o111, 0o111);
  t.is((await stat(join(folder, 'store/functions.json'))).mode & 0o111, 0);
  const before = (await stat(join(folder, 'templates/a/run.sh'))).mtimeMs;
  t.is(unpackAssets(archive, cache), folder);
  t.is((await stat(join(folder, 'templates/a/run.sh'))).mtimeMs, before);
  await writeFile(archive, JSON.stringify(assets.slice(1)));
  t.not(unpackAssets(archive, cache), folder);
  t.is((await readdir(cache)).length, 2);
});
