import { type FSWatcher, watch } from 'node:fs';
import { join } from 'node:path';

/** Saves come in bursts: an editor writes, renames and touches. */
const SETTLE_MS = 50;

export interface WatchedPaths {
  /** Watched with all that is in them. */
  readonly folders: readonly string[];
  /** Watched by name in their folder, so that a file that is replaced is seen, too. */
  readonly files: readonly { readonly folder: string; readonly name: string }[];
}

/**
 * Watches from now on. Each `next()` resolves with the paths that changed since the last, once nothing more has for
 * {@link SETTLE_MS}; `undefined` when the signal aborts.
 */
export class PathWatch {
  readonly #watchers: FSWatcher[];
  readonly #changed = new Set<string>();
  #wake: () => void = () => {};

  constructor(paths: WatchedPaths, isIgnored: (path: string) => boolean) {
    const note = (path: string) => {
      if (isIgnored(path)) return;
      this.#changed.add(path);
      this.#wake();
    };
    this.#watchers = [
      ...paths.folders.map((folder) =>
        watch(folder, { recursive: true }, (_event, name) => note(name === null ? folder : join(folder, name))),
      ),
      ...paths.files.map((file) =>
        watch(file.folder, (_event, name) => {
          if (name === file.name) note(join(file.folder, file.name));
        }),
      ),
    ];
    // A folder that is removed: the next build says so.
    for (const watcher of this.#watchers) watcher.on('error', () => this.#wake());
  }

  async next(signal: AbortSignal): Promise<ReadonlySet<string> | undefined> {
    const onAbort = () => this.#wake();
    signal.addEventListener('abort', onAbort);
    try {
      while (this.#changed.size === 0 && !signal.aborted) await this.#woken();
      for (let seen = -1; seen !== this.#changed.size && !signal.aborted; ) {
        seen = this.#changed.size;
        await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
      }
      if (signal.aborted) return undefined;
      const changed = new Set(this.#changed);
      this.#changed.clear();
      return changed;
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  close(): void {
    for (const watcher of this.#watchers) watcher.close();
  }

  #woken(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}
