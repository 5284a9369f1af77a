import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { lstat, mkdir, readdir, readFile, readlink, realpath, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, posix, sep } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Pack, pack } from 'tar-stream';
import { FaasError } from '../../common/errors.ts';
import { type BundleManifest, MANIFEST_FILE } from '../../provider/wire/bundle.ts';

/** A file, folder or link that goes into the bundle. */
interface Entry {
  /** In the bundle, with `/`. */
  readonly name: string;
  readonly path: string;
  readonly kind: 'file' | 'directory' | 'link';
}

export interface BundleParts {
  readonly manifest: BundleManifest;
  /** Folders whose contents stand at the bundle's root, or paths in it. */
  readonly contents: readonly { readonly path: string; readonly as: string }[];
  /** Links into these folders are followed: what a step installed (install.ts). */
  readonly linkedFolders: readonly string[];
  /** The tar to write. */
  readonly file: string;
  readonly signal: AbortSignal;
}

export interface PackedBundle {
  readonly file: string;
  /** `sha256:` and 64 hex digits. */
  readonly digest: string;
  readonly bytes: number;
}

/**
 * Writes a bundle (provider/wire/bundle.ts): the same contents give the same bytes. Whole or not at all.
 *
 * @throws FaasError `invalid_request` for what no bundle can hold
 */
export async function packBundle(parts: BundleParts): Promise<PackedBundle> {
  const { file, signal } = parts;
  const linkedFolders = await Promise.all(parts.linkedFolders.map((folder) => realpath(folder).catch(() => folder)));
  const entries: Entry[] = [];
  for (const { path, as } of parts.contents) await collect(path, as, linkedFolders, entries);
  const sorted = entries.filter(({ name }) => name !== MANIFEST_FILE).sort((a, b) => (a.name < b.name ? -1 : 1));
  const temporary = `${file}.${crypto.randomUUID()}.tmp`;
  const hash = createHash('sha256');
  let bytes = 0;
  const count = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      bytes += chunk.length;
      done(null, chunk);
    },
  });
  await mkdir(dirname(file), { recursive: true });
  await removeUnfinished(file);
  const tar = pack();
  try {
    await Promise.all([
      pipeline(tar, count, createWriteStream(temporary), { signal }),
      writeEntries(tar, parts.manifest, sorted).catch((error: Error) => {
        tar.destroy(error);
        throw error;
      }),
    ]);
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  return { file, digest: `sha256:${hash.digest('hex')}`, bytes };
}

/** What a build that was killed left behind. */
async function removeUnfinished(file: string): Promise<void> {
  const names = await readdir(dirname(file));
  const unfinished = names.filter((name) => name.startsWith(`${basename(file)}.`) && name.endsWith('.tmp'));
  await Promise.all(unfinished.map((name) => rm(join(dirname(file), name), { force: true })));
}

async function collect(path: string, name: string, linkedFolders: readonly string[], into: Entry[]): Promise<void> {
  const stats = await lstat(path);
  if (stats.isSymbolicLink()) {
    const target = await realpath(path).catch(() => undefined);
    if (target && linkedFolders.some((folder) => target.startsWith(folder + sep) || target === folder))
      return collect(target, name, [], into);
    into.push({ name, path, kind: 'link' });
    return;
  }
  if (stats.isFile()) into.push({ name, path, kind: 'file' });
  else if (stats.isDirectory()) {
    if (name !== '') into.push({ name, path, kind: 'directory' });
    for (const entry of await readdir(path))
      await collect(join(path, entry), posix.join(name, entry), linkedFolders, into);
  } else
    throw new FaasError('invalid_request', `the file ${name} is neither a file nor a folder; a bundle cannot hold it`);
}

const EPOCH = new Date(0);
const OWNER = { uid: 0, gid: 0, uname: '', gname: '', mtime: EPOCH };

async function writeEntries(tar: Pack, manifest: BundleManifest, entries: readonly Entry[]): Promise<void> {
  tar.entry({ ...OWNER, name: MANIFEST_FILE, mode: 0o644 }, `${JSON.stringify(manifest, null, 2)}\n`);
  for (const { name, path, kind } of entries) {
    if (kind === 'directory') tar.entry({ ...OWNER, name, type: 'directory', mode: 0o755 });
    else if (kind === 'link')
      tar.entry({ ...OWNER, name, type: 'symlink', linkname: await target(name, path), mode: 0o755 });
    else await writeFile(tar, name, path);
  }
  tar.finalize();
}

/** Up to this, a file is read whole: thousands of small ones are quicker without a stream each. */
const WHOLE_BYTES = 1024 * 1024;

async function writeFile(tar: Pack, name: string, path: string): Promise<void> {
  const { size, mode } = await lstat(path);
  const header = { ...OWNER, name, mode: mode & 0o111 ? 0o755 : 0o644 };
  if (size > WHOLE_BYTES) return pipeline(createReadStream(path), tar.entry({ ...header, size }));
  const content = await readFile(path);
  await new Promise<void>((resolve, reject) => {
    tar.entry(header, content, (error) => (error ? reject(error) : resolve()));
  });
}

/** A link's target; only one that stays in the bundle works where the bundle is unpacked. */
async function target(name: string, path: string): Promise<string> {
  const text = await readlink(path);
  const reached = posix.join(posix.dirname(name), text);
  if (posix.isAbsolute(text) || reached === '..' || reached.startsWith('../'))
    throw new FaasError(
      'invalid_request',
      `the link ${name} leads to ${text}, outside the function; copy what it points to into the handler's folder`,
    );
  return text;
}
