import type { SharedRecord, SharedRecords } from '../../provider/provider.ts';

/** Records in memory, which several gateways of one test may share. */
export class MemoryRecords implements SharedRecords {
  /** While true nobody reaches them. */
  broken = false;
  readonly #records = new Map<string, SharedRecord>();

  async read(name: string): Promise<SharedRecord | undefined> {
    this.#check();
    return this.#records.get(name);
  }

  async write(name: string, text: string, version: string | undefined): Promise<boolean> {
    this.#check();
    const known = this.#records.get(name)?.version;
    if (known !== version) return false;
    this.#records.set(name, { text, version: String(Number(known ?? 0) + 1) });
    return true;
  }

  #check(): void {
    if (this.broken) throw new Error('the records cannot be reached');
  }
}
