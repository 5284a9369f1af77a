import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { arch, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pack } from 'tar-stream';
import { MANIFEST_FILE } from '../../wire/bundle.ts';
import { createEmbeddedProvider, type EmbeddedProvider } from '../embedded-provider.ts';
import type { EmbeddedLimits, EmbeddedOptions } from '../options.ts';

const root = join(import.meta.dirname, '../../..');
/** The executable that the engine runs in earnest. */
const watchdogPath = join(root, `dist/fwatchdog-linux-${arch() === 'arm64' ? 'arm64' : 'x64'}`);

export const isRoot = process.getuid!() === 0;
export const PROBE_IMAGE = 'probe:latest';

export interface TestEngine extends AsyncDisposable {
  readonly provider: EmbeddedProvider;
  readonly dataDir: string;
  readonly options: EmbeddedOptions;
  readonly lines: readonly string[];
}

/** An entry of a tar, as tar-stream takes it, with its content. */
export interface TarEntry {
  readonly name: string;
  readonly content?: string | Buffer;
  readonly type?: 'file' | 'link' | 'symlink' | 'directory' | 'block-device' | 'character-device' | 'fifo';
  readonly linkname?: string;
  readonly mode?: number;
}

/** Builds the executable, when its sources changed; once per test file. */
export function buildWatchdog(): void {
  execFileSync(process.execPath, [join(root, 'tools/watchdog-executable.mjs')], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

export async function tempDataDir(): Promise<string> {
  const dataDir = await mkdtemp(join(tmpdir(), 'dunlin-'));
  await chmod(dataDir, 0o711);
  return dataDir;
}

export function engineOptions(
  dataDir: string,
  log: (line: string) => void,
  limits?: Partial<EmbeddedLimits>,
): EmbeddedOptions {
  return {
    dataDir,
    watchdogPath,
    nodePath: process.execPath,
    user: { uid: process.getuid!() },
    environment: { PATH: process.env.PATH, GATEWAY_SECRET: 'must not leak' },
    log,
    ...(limits && { limits }),
  };
}

/** A real engine in a folder of its own, which is removed with it. */
export async function createTestEngine(
  limits?: Partial<EmbeddedLimits>,
  more?: Partial<EmbeddedOptions>,
): Promise<TestEngine> {
  const dataDir = await tempDataDir();
  const lines: string[] = [];
  const options = { ...engineOptions(dataDir, (line) => lines.push(line), limits), ...more };
  const provider = await createEmbeddedProvider(options);
  return {
    provider,
    dataDir,
    options,
    lines,
    async [Symbol.asyncDispose]() {
      await provider.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** The bytes of a tar. */
export async function tarOf(entries: readonly TarEntry[]): Promise<Buffer> {
  const archive = pack();
  for (const { content, ...header } of entries) archive.entry(header, content ?? '');
  archive.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of archive as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

export const manifestEntry = (manifest: object): TarEntry => ({
  name: MANIFEST_FILE,
  content: JSON.stringify({ version: 1, ...manifest }),
});

export const digestOf = (tar: Buffer): string => `sha256:${createHash('sha256').update(tar).digest('hex')}`;

/** Packs and pushes; resolves to the digest. */
export async function push(provider: EmbeddedProvider, image: string, entries: readonly TarEntry[]): Promise<string> {
  const tar = await tarOf(entries);
  const digest = digestOf(tar);
  await provider.bundles.put({ image, digest }, Readable.from([tar]), new AbortController().signal);
  return digest;
}

/** The conformance suite's function, as a bundle in http mode. */
export function pushProbe(provider: EmbeddedProvider, image = PROBE_IMAGE): Promise<string> {
  const server = readFileSync(join(root, 'provider/conformance/probe/server.mjs'));
  const manifest = { mode: 'http', process: 'node server.mjs', environment: { upstream_url: 'unix:' } };
  return push(provider, image, [manifestEntry(manifest), { name: 'server.mjs', content: server }]);
}

/** A function in module mode: tells its process and user, or does what its path says. */
const MODULE = `
  const kept = [];
  export default async ({ path }) => {
    if (path === '/exit') process.exit(3);
    if (path === '/block') for (;;);
    if (path === '/eat') for (;;) { kept.push(Buffer.alloc(8 << 20, 1)); await new Promise(setImmediate); }
    return { pid: process.pid, uid: process.getuid(), replica: process.env.DUNLIN_REPLICA, name: process.env.name };
  };
`;
export const MODULE_IMAGE = 'module:latest';

export function pushModule(provider: EmbeddedProvider, image = MODULE_IMAGE, handler = MODULE): Promise<string> {
  const manifest = { mode: 'module', handler: 'handler.js' };
  return push(provider, image, [manifestEntry(manifest), { name: 'handler.js', content: handler }]);
}
