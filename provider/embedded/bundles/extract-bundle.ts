import { createReadStream } from 'node:fs';
import { chmod, link, lstat, mkdir, open, symlink } from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Extract, extract } from 'tar-stream';
import { FaasError } from '../../../common/errors.ts';
import { type BundleManifest, MANIFEST_FILE, parseManifest } from '../../wire/bundle.ts';
import { checkVariables } from '../environment.ts';
import type { EmbeddedLimits } from '../options.ts';
import { EntryRules } from './entry-rules.ts';

/** tar(5): an archive ends with two blocks of zeros. */
const BLOCK = 512;
const END_BYTES = 2 * BLOCK;
const MAX_MANIFEST_BYTES = 1024 * 1024;
const ANY_EXECUTE = 0o111;

type Entry = Extract extends AsyncIterable<infer Item> ? Item : never;
type Limits = Pick<EmbeddedLimits, 'extractedBytes' | 'bundleEntries'>;

/**
 * Unpacks a bundle into `target`, an empty folder, and makes it durable. On failure the caller removes what is there.
 *
 * @throws FaasError `invalid_request`, `body_too_large`
 */
export async function extractBundle(
  tar: string,
  target: string,
  limits: Limits,
  signal: AbortSignal,
): Promise<BundleManifest> {
  const rules = new EntryRules(limits.bundleEntries);
  const folders = new Set([target]);
  let manifest: BundleManifest | undefined;
  let total = 0;
  const receive = async (entries: AsyncIterable<Entry>) => {
    for await (const entry of entries) {
      const { kind, path, target: linked } = rules.check(entry.header);
      total += entry.header.size ?? 0;
      if (total > limits.extractedBytes)
        throw new FaasError(
          'body_too_large',
          `The bundle's files have more than ${limits.extractedBytes} bytes in all; leave out what is not needed`,
        );
      const place = join(target, path);
      await makeFolders(kind === 'directory' ? place : dirname(place), target, folders);
      if (path === MANIFEST_FILE) manifest = await receiveManifest(entry, place);
      else if (kind === 'file') await writeEntry(entry, place, entry.header.mode ?? 0);
      else if (kind === 'symlink') await symlink(linked, place);
      else if (kind === 'link') await link(join(target, linked), place);
      entry.resume();
    }
  };
  try {
    await checkEnd(tar);
    // tar-stream's Extract is a stream of its own kind; pipeline takes what has its methods.
    const unpacker = extract() as unknown as NodeJS.WritableStream & AsyncIterable<Entry>;
    const unpacked = receive(unpacker);
    unpacked.catch((error: unknown) => (unpacker as unknown as { destroy(error: unknown): void }).destroy(error));
    await Promise.all([pipeline(createReadStream(tar), unpacker, { signal }), unpacked]);
    if (!manifest) throw new Error(`it is empty; its first entry must be the file ${MANIFEST_FILE}`);
    await checkFiles(manifest, target);
    for (const folder of folders) {
      await chmod(folder, 0o755);
      await syncFolder(folder);
    }
    return manifest;
  } catch (error) {
    signal.throwIfAborted();
    throw asRefusal(error);
  }
}

/** An error of the system (a full disk) is not the user's mistake. */
function asRefusal(error: unknown): unknown {
  if (error instanceof FaasError || (error as NodeJS.ErrnoException).errno !== undefined) return error;
  return new FaasError('invalid_request', `The bundle is refused: ${(error as Error).message}`, { cause: error });
}

/** A tar that was cut between two entries looks like a shorter one. */
async function checkEnd(tar: string): Promise<void> {
  await using file = await open(tar);
  const { size } = await file.stat();
  const end = Buffer.alloc(END_BYTES, 1);
  if (size >= END_BYTES) await file.read(end, 0, END_BYTES, size - END_BYTES);
  if (size % BLOCK !== 0 || end.some((byte) => byte !== 0))
    throw new Error('it is no whole tar archive: its end is missing; build and push it again');
}

async function makeFolders(folder: string, root: string, made: Set<string>): Promise<void> {
  if (made.has(folder)) return;
  await makeFolders(dirname(folder), root, made);
  await mkdir(folder, 0o755);
  made.add(folder);
}

async function receiveManifest(entry: Entry, place: string): Promise<BundleManifest> {
  if ((entry.header.size ?? 0) > MAX_MANIFEST_BYTES)
    throw new Error(`${MANIFEST_FILE} has more than ${MAX_MANIFEST_BYTES} bytes`);
  const chunks: Buffer[] = [];
  for await (const chunk of entry as AsyncIterable<Buffer>) chunks.push(chunk);
  const json = Buffer.concat(chunks);
  const manifest = parseManifest(json.toString());
  checkVariables(`${MANIFEST_FILE}: environment`, manifest.environment ?? {});
  await writeFile(place, [json], 0o644);
  return manifest;
}

function writeEntry(entry: Entry, place: string, mode: number): Promise<void> {
  return writeFile(place, entry as unknown as Readable, mode & ANY_EXECUTE ? 0o755 : 0o644);
}

/** Readable by all, whatever the umask: functions run as other users. */
async function writeFile(
  place: string,
  content: AsyncIterable<Buffer> | Iterable<Buffer>,
  mode: number,
): Promise<void> {
  await using file = await open(place, 'wx', mode);
  for await (const chunk of content) await file.writeFile(chunk);
  await file.chmod(mode);
  await file.sync();
}

/** Makes the names in a folder durable. */
export async function syncFolder(folder: string): Promise<void> {
  await using handle = await open(folder);
  await handle.sync();
}

/** What the manifest names must be there, so that the mistake is told at push and not at the first call. */
async function checkFiles(manifest: BundleManifest, root: string): Promise<void> {
  for (const field of ['handler', 'staticPath'] as const) {
    const given = manifest[field];
    if (given === undefined) continue;
    const path = normalize(given);
    if (path.startsWith('/') || path.split('/').includes('..'))
      throw new Error(
        `${MANIFEST_FILE}: ${field} must be a relative path inside the bundle, got ${JSON.stringify(given)}`,
      );
    const stats = await lstat(join(root, path)).catch(() => undefined);
    if (!stats) throw new Error(`${MANIFEST_FILE}: ${field} is ${JSON.stringify(given)}, which is not in the bundle`);
  }
}
