import { createReadStream } from 'node:fs';
import { lstat, readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import dockerignore from '@balena/dockerignore';
import { type Pack, pack } from 'tar-stream';
import { FaasError } from '../../common/errors.ts';

/** Sent even when .dockerignore names them: the engine needs them (docker does the same). */
const ALWAYS_SENT = ['Dockerfile', '.dockerignore'];

/** Streams a build context as a tar, without what its .dockerignore names. A failure to read destroys the stream. */
export const contextTar = (folder: string): Readable => tarOf((tar) => writeContext(tar, folder));

/** A stream of what `write` packs; its failure destroys the stream. */
export function tarOf(write: (tar: Pack) => Promise<void>): Readable {
  const tar = pack();
  const out = new PassThrough();
  // The stream carries each failure to whoever reads it.
  pipeline(tar, out).catch(() => {});
  write(tar).then(
    () => tar.finalize(),
    (error: Error) => out.destroy(error),
  );
  return out;
}

async function writeContext(tar: Pack, folder: string): Promise<void> {
  const rules = await readFile(join(folder, '.dockerignore'), 'utf8').catch(() => '');
  const ignored = dockerignore.default({ ignorecase: false }).add(rules);
  await writeFolder(tar, folder, '', (path) => !ALWAYS_SENT.includes(path) && ignored.ignores(path));
}

async function writeFolder(tar: Pack, root: string, below: string, isIgnored: (path: string) => boolean) {
  for (const entry of (await readdir(join(root, below))).sort()) {
    const name = below ? `${below}/${entry}` : entry;
    const path = join(root, name);
    const stats = await lstat(path);
    const header = { name, mode: stats.mode & 0o7777, mtime: stats.mtime, uid: 0, gid: 0 };
    if (stats.isDirectory()) {
      // A rule such as "!folder/kept" may want something of an ignored folder.
      if (!isIgnored(name)) await entryOf(tar, { ...header, type: 'directory' });
      await writeFolder(tar, root, name, isIgnored);
    } else if (isIgnored(name)) continue;
    else if (stats.isSymbolicLink()) await entryOf(tar, { ...header, type: 'symlink', linkname: await readlink(path) });
    else if (stats.isFile()) await fileEntry(tar, { ...header, size: stats.size }, path);
    else
      throw new FaasError('invalid_request', `the file ${name} is neither a file nor a folder; no image can hold it`);
  }
}

type Header = Parameters<Pack['entry']>[0];

const entryOf = (tar: Pack, header: Header): Promise<void> =>
  new Promise((resolve, reject) => {
    tar.entry(header, (error) => (error ? reject(error) : resolve()));
  });

/** Adds a file of any size; resolves when it has been read. */
export function fileEntry(tar: Pack, header: Header & { readonly size: number }, path: string): Promise<void> {
  if (header.size > 0) return pipeline(createReadStream(path), tar.entry(header));
  return new Promise((resolve, reject) => {
    tar.entry(header, '', (error) => (error ? reject(error) : resolve()));
  });
}
