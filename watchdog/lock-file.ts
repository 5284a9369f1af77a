import { chmodSync, existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The file that says "healthy" to probes which look at the disk (contract 3.1). */
export class LockFile {
  readonly path: string;
  readonly #suppressed: boolean;

  constructor(tempDir: string, suppressed: boolean) {
    this.path = join(tempDir, '.lock');
    this.#suppressed = suppressed;
  }

  /** @throws Error naming the folder and the remedy */
  create(): void {
    if (this.#suppressed) return;
    try {
      writeFileSync(this.path, '');
      // The mode of writeFileSync is subject to the umask; probes of another user in the group must read it.
      chmodSync(this.path, 0o660);
    } catch (cause) {
      const reason = (cause as Error).message;
      throw new Error(`cannot write the lock file: ${reason}; set TMPDIR to a writable folder or suppress_lock=true`, {
        cause,
      });
    }
  }

  remove(): void {
    if (this.#suppressed) return;
    try {
      rmSync(this.path, { force: true });
    } catch {
      // Where none can be removed none was made, or whoever took the folder away knows.
    }
  }

  /** With a suppressed lock nothing can be missing. */
  exists(): boolean {
    return this.#suppressed || existsSync(this.path);
  }
}
