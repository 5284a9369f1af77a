import { MANIFEST_FILE } from '../../wire/bundle.ts';

export type EntryKind = 'file' | 'directory' | 'symlink' | 'link';

/** What a tar says about one entry. */
export interface EntryHeader {
  readonly name: string;
  readonly type?: string | null | undefined;
  readonly linkname?: string | null | undefined;
  readonly size?: number | undefined;
}

/** An entry that may be made. */
export interface CheckedEntry {
  readonly kind: EntryKind;
  /** Relative, with `/` between names, none of them `.` or `..`. */
  readonly path: string;
  /** Of a symbolic link as it is; of a hard link the checked path. */
  readonly target: string;
}

/** NAME_MAX and room below PATH_MAX (limits.h). */
const MAX_NAME_BYTES = 255;
const MAX_PATH_BYTES = 2048;

/** Decides entry by entry, in the tar's order, what may be made; nothing may lead outside the bundle's root. */
export class EntryRules {
  readonly #kinds = new Map<string, EntryKind>();
  readonly #maxEntries: number;
  #count = 0;

  constructor(maxEntries: number) {
    this.#maxEntries = maxEntries;
  }

  /** @throws Error that names entry and rule */
  check(header: EntryHeader): CheckedEntry {
    if (++this.#count > this.#maxEntries) throw new Error(`it has more than ${this.#maxEntries} entries`);
    const shown = JSON.stringify(header.name.slice(0, 200));
    const kind = kindOf(header.type);
    if (kind === undefined)
      throw new Error(
        `entry ${shown} is a ${header.type ?? 'thing of unknown type'}; only files, folders and links inside the bundle may be in it`,
      );
    const path = checkPath(kind === 'directory' ? header.name.replace(/\/$/, '') : header.name, shown);
    if (this.#count === 1 && (path !== MANIFEST_FILE || kind !== 'file'))
      throw new Error(`its first entry must be the file ${MANIFEST_FILE}, not ${shown}`);
    if (kind !== 'file' && header.size) throw new Error(`entry ${shown} is no file but has content`);
    const target = this.#target(kind, path, header.linkname ?? '', shown);
    this.#place(path, kind, shown);
    return { kind, path, target };
  }

  /** Every folder on the way must be one: writing through a link would leave the root. */
  #place(path: string, kind: EntryKind, shown: string): void {
    const present = this.#kinds.get(path);
    if (present !== undefined && !(kind === 'directory' && present === 'directory'))
      throw new Error(`entry ${shown} is in it twice`);
    for (let slash = path.indexOf('/'); slash !== -1; slash = path.indexOf('/', slash + 1)) {
      const above = path.slice(0, slash);
      const aboveKind = this.#kinds.get(above) ?? 'directory';
      if (aboveKind !== 'directory')
        throw new Error(`entry ${shown} is below ${JSON.stringify(above)}, which is no folder`);
      this.#kinds.set(above, 'directory');
    }
    this.#kinds.set(path, kind);
  }

  #target(kind: EntryKind, path: string, linkname: string, shown: string): string {
    if (kind === 'symlink') return checkSymlink(path, linkname, shown);
    if (kind !== 'link') return '';
    const target = checkPath(linkname, `${shown}, a link to ${JSON.stringify(linkname.slice(0, 200))},`);
    if (this.#kinds.get(target) !== 'file')
      throw new Error(`entry ${shown} is a link to ${JSON.stringify(target)}, which is no file before it`);
    return target;
  }
}

function kindOf(type: string | null | undefined): EntryKind | undefined {
  return (['file', 'directory', 'symlink', 'link'] as const).find((kind) => kind === type);
}

function checkPath(name: string, shown: string): string {
  if (name === '') throw new Error('an entry has no name');
  if (name.startsWith('/'))
    throw new Error(`entry ${shown} has an absolute path; paths must be relative to the bundle`);
  const names = name.split('/');
  if (names.includes('..')) throw new Error(`entry ${shown} leads out of the bundle with ".."`);
  if (names.includes('') || names.includes('.')) throw new Error(`entry ${shown} has an empty name or "." in its path`);
  checkText(name, shown);
  if (Buffer.byteLength(name) > MAX_PATH_BYTES || names.some((part) => Buffer.byteLength(part) > MAX_NAME_BYTES))
    throw new Error(`entry ${shown} has a path over ${MAX_PATH_BYTES} bytes or a name over ${MAX_NAME_BYTES}`);
  return name;
}

/**
 * A target stays inside when `..` comes only at its beginning and not more often than there are folders above the link:
 * those are true folders ({@link EntryRules}), and every other link on the way has passed the same rule.
 */
function checkSymlink(path: string, target: string, shown: string): string {
  const link = `entry ${shown}, a link to ${JSON.stringify(target.slice(0, 200))},`;
  if (target === '' || target.startsWith('/'))
    throw new Error(`${link} must lead to a relative path inside the bundle`);
  checkText(target, shown);
  if (Buffer.byteLength(target) > MAX_PATH_BYTES) throw new Error(`${link} has a target over ${MAX_PATH_BYTES} bytes`);
  const names = target.split('/').filter((name) => name !== '' && name !== '.');
  const ups = names.findIndex((name) => name !== '..');
  const leading = ups === -1 ? names.length : ups;
  if (leading > path.split('/').length - 1 || names.lastIndexOf('..') >= leading)
    throw new Error(`${link} leads out of the bundle`);
  return target;
}

/** Control characters, and what was no UTF-8, are nobody's file names but trouble in every listing. */
function checkText(text: string, shown: string): void {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (/[\x00-\x1f\x7f\ufffd]/.test(text))
    throw new Error(`entry ${shown} has a control character or broken UTF-8 in its name`);
}
