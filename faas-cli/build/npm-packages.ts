import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly scripts?: Readonly<Record<string, string>>;
  readonly workspaces?: unknown;
}
interface Locked {
  readonly version?: string;
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
}
interface Lock {
  readonly packages?: Readonly<Record<string, Locked>>;
}

/** Scripts that `npm install` would run. */
const INSTALL_SCRIPTS = ['preinstall', 'install', 'postinstall', 'prepare'];

/** Whether `npm install --omit=dev` would do anything for the package.json in `folder`. */
export async function needsPackages(folder: string): Promise<boolean> {
  const manifest = await readJson<Manifest>(join(folder, 'package.json'));
  if (!manifest) return true;
  const listed = { ...manifest.dependencies, ...manifest.optionalDependencies };
  if (Object.keys(listed).length > 0 || manifest.workspaces !== undefined) return true;
  return INSTALL_SCRIPTS.some((name) => manifest.scripts?.[name] !== undefined);
}

export interface OwnPackagesQuery {
  /** Where the copied package.json is. */
  readonly folder: string;
  /** The handler's folder. */
  readonly source: string;
  /** Only what is imported will be packed, so that development packages do no harm. */
  readonly forBundling: boolean;
}

/** The handler's own node_modules, when they hold what package.json and its lock ask for; else undefined. */
export async function ownPackages({ folder, source, forBundling }: OwnPackagesQuery): Promise<string | undefined> {
  const packages = join(source, 'node_modules');
  const [manifest, lock, installed] = await Promise.all([
    readJson<Manifest>(join(folder, 'package.json')),
    readJson<Lock>(join(folder, 'package-lock.json')),
    readJson<Lock>(join(packages, '.package-lock.json')),
  ]);
  if (!manifest || !installed?.packages) return undefined;
  if (!forBundling && Object.keys(manifest.devDependencies ?? {}).length > 0) return undefined;
  const upToDate = lock?.packages
    ? matchesLock(manifest, lock.packages, installed.packages)
    : await hasAll(Object.keys(manifest.dependencies ?? {}), packages);
  return upToDate ? packages : undefined;
}

function matchesLock(
  manifest: Manifest,
  locked: Readonly<Record<string, Locked>>,
  installed: Readonly<Record<string, Locked>>,
): boolean {
  if (!isDeepStrictEqual(locked['']?.dependencies ?? {}, manifest.dependencies ?? {})) return false;
  return Object.entries(locked).every(
    ([path, { version, dev, optional }]) => path === '' || dev || optional || installed[path]?.version === version,
  );
}

async function hasAll(names: readonly string[], packages: string): Promise<boolean> {
  const found = await Promise.all(names.map((name) => stat(join(packages, name)).catch(() => undefined)));
  return found.every((entry) => entry?.isDirectory());
}

async function readJson<T>(file: string): Promise<T | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as T;
  } catch {
    // Missing or broken: npm will say so when it runs.
    return undefined;
  }
}
