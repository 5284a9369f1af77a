import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** A file of `templates/` or `store/`, as tools/cli-executable.mjs packs it. */
export interface Asset {
  readonly path: string;
  readonly executable: boolean;
  /** Base64. */
  readonly content: string;
}

/**
 * Unpacks the assets once for each content, whole or not at all, and returns their folder.
 *
 * @param archive JSON, a list of {@link Asset}
 */
export function unpackAssets(archive: string, cache: string): string {
  const text = readFileSync(archive);
  const folder = join(cache, `assets-${createHash('sha256').update(text).digest('hex').slice(0, 16)}`);
  if (existsSync(folder)) return folder;
  const temporary = `${folder}.${crypto.randomUUID()}.tmp`;
  try {
    for (const { path, executable, content } of JSON.parse(text.toString()) as Asset[]) {
      const file = join(temporary, path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, Buffer.from(content, 'base64'));
      if (executable) chmodSync(file, 0o755);
    }
    renameSync(temporary, folder);
  } catch (error) {
    // Another faas-cli may have been quicker.
    if (!existsSync(folder)) throw error;
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
  return folder;
}
