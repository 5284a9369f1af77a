import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { extract } from 'tar-stream';

/** Unpacks a bundle that we built ourselves into an empty folder. */
export async function extractOwnBundle(file: string, folder: string): Promise<void> {
  const reader = extract();
  const reading = pipeline(createReadStream(file), reader);
  for await (const entry of reader) {
    const { name, type, mode, linkname } = entry.header;
    const path = join(folder, name);
    await mkdir(type === 'directory' ? path : dirname(path), { recursive: true });
    if (type === 'symlink') await symlink(linkname!, path);
    if (type === 'file') await pipeline(entry, createWriteStream(path, { mode: mode ?? 0o644 }));
    else entry.resume();
  }
  await reading;
}
