import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Readable } from 'node:stream';
import { FaasError } from '../../../common/errors.ts';
import type { BundleRef, BundleStore } from '../../provider.ts';
import { type BundleManifest, MANIFEST_FILE, parseManifest } from '../../wire/bundle.ts';
import type { DataFolder } from '../data-folder.ts';
import type { EmbeddedLimits } from '../options.ts';
import type { State } from '../state.ts';
import { extractBundle, syncFolder } from './extract-bundle.ts';
import { receiveUpload } from './receive-upload.ts';

/** Bundles by digest, unpacked and ready to run, and their names. */
export class BundleFolders implements BundleStore {
  readonly #folder: DataFolder;
  readonly #state: State;
  readonly #limits: EmbeddedLimits;
  readonly #tags: Map<string, string>;
  readonly #stored: Set<string>;
  readonly #manifests = new Map<string, BundleManifest>();
  /** Digests that somebody works with just now. */
  readonly #held = new Map<string, number>();
  #uploads = 0;
  #sweep: Promise<void> | undefined;
  /** Storing and removing take turns. */
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(folder: DataFolder, state: State, limits: EmbeddedLimits, tags: readonly BundleRef[]) {
    this.#folder = folder;
    this.#state = state;
    this.#limits = limits;
    this.#tags = new Map(tags.map(({ image, digest }) => [image, digest]));
    this.#stored = new Set(readdirSync(folder.bundles).map((name) => `sha256:${name}`));
  }

  static async open(folder: DataFolder, state: State, limits: EmbeddedLimits): Promise<BundleFolders> {
    return new BundleFolders(folder, state, limits, await state.bundleTags());
  }

  async put(ref: BundleRef, tar: Readable, signal: AbortSignal): Promise<void> {
    checkDigest(ref.digest);
    const upload = join(this.#folder.work, `upload-${++this.#uploads}`);
    const release = this.hold(ref.digest);
    try {
      await receiveUpload(tar, `${upload}.tar`, ref.digest, this.#limits.uploadBytes, signal);
      if (!this.#stored.has(ref.digest)) await this.#unpack(ref.digest, upload, signal);
      await this.#name(ref);
    } finally {
      release();
      await rm(`${upload}.tar`, { force: true });
      await rm(upload, { recursive: true, force: true });
    }
  }

  async tag(ref: BundleRef): Promise<void> {
    checkDigest(ref.digest);
    const release = this.hold(ref.digest);
    try {
      if (!this.#stored.has(ref.digest))
        throw new FaasError('bundle_not_found', `No bundle with digest ${ref.digest} is stored; upload it`);
      await this.#name(ref);
    } finally {
      release();
    }
  }

  async list(): Promise<readonly BundleRef[]> {
    return [...this.#tags].map(([image, digest]) => ({ image, digest })).sort((a, b) => (a.image < b.image ? -1 : 1));
  }

  /** The digest that an image names now. @throws FaasError `bundle_not_found` */
  resolve(image: string): string {
    const digest = this.#tags.get(withTag(image));
    if (digest !== undefined && this.#stored.has(digest)) return digest;
    throw new FaasError(
      'bundle_not_found',
      `No bundle named ${withTag(image)} was pushed; run "faas-cli build && faas-cli push", or "faas-cli up"`,
    );
  }

  /** Synchronous, as a cold start is; read once. @throws FaasError `bundle_not_found` */
  manifest(digest: string): BundleManifest {
    const known = this.#manifests.get(digest);
    if (known) return known;
    try {
      const manifest = parseManifest(readFileSync(join(this.#folder.bundle(digest), MANIFEST_FILE), 'utf8'));
      this.#manifests.set(digest, manifest);
      return manifest;
    } catch (cause) {
      const message = `The bundle ${digest} is gone or damaged (${(cause as Error).message}); push it again`;
      throw new FaasError('bundle_not_found', message, { cause });
    }
  }

  /** Keeps the bundle from being removed until the returned function is called. */
  hold(digest: string): () => void {
    this.#held.set(digest, (this.#held.get(digest) ?? 0) + 1);
    return () => {
      const left = this.#held.get(digest)! - 1;
      if (left > 0) this.#held.set(digest, left);
      else this.#held.delete(digest);
    };
  }

  /**
   * Removes what nothing names and nothing runs.
   *
   * @param used digests of functions and replicas, asked when it matters
   */
  removeUnused(used: () => ReadonlySet<string>): Promise<void> {
    // Many may ask before it begins.
    return (this.#sweep ??= this.#inTurn(async () => {
      this.#sweep = undefined;
      // Looked for anew after each, for removing takes time.
      for (let digest = this.#unused(used()); digest; digest = this.#unused(used())) await this.#remove(digest);
    }));
  }

  #unused(used: ReadonlySet<string>): string | undefined {
    const named = new Set(this.#tags.values());
    return this.#stored.values().find((digest) => !named.has(digest) && !used.has(digest) && !this.#held.has(digest));
  }

  async #remove(digest: string): Promise<void> {
    this.#stored.delete(digest);
    this.#manifests.delete(digest);
    const waste = join(this.#folder.work, `unused-${basename(this.#folder.bundle(digest))}`);
    await rename(this.#folder.bundle(digest), waste);
    await rm(waste, { recursive: true, force: true });
  }

  async #unpack(digest: string, upload: string, signal: AbortSignal): Promise<void> {
    await mkdir(upload, 0o755);
    const manifest = await extractBundle(`${upload}.tar`, upload, this.#limits, signal);
    await this.#inTurn(async () => {
      // Another upload of the same may have been faster.
      if (this.#stored.has(digest)) return;
      await rename(upload, this.#folder.bundle(digest));
      await syncFolder(this.#folder.bundles);
      this.#stored.add(digest);
      this.#manifests.set(digest, manifest);
    });
  }

  async #name({ image, digest }: BundleRef): Promise<void> {
    const tagged = { image: withTag(image), digest };
    await this.#state.putBundleTag(tagged);
    this.#tags.set(tagged.image, digest);
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => {});
    return done;
  }
}

function checkDigest(digest: string): void {
  if (!/^sha256:[0-9a-f]{64}$/.test(digest))
    throw new FaasError('invalid_request', `digest must be "sha256:" and 64 hex digits, got ${JSON.stringify(digest)}`);
}

/** `hello` is `hello:latest`, as with images; a colon before a slash belongs to a registry's port. */
function withTag(image: string): string {
  return /[:@][^/]*$/.test(image) ? image : `${image}:latest`;
}
