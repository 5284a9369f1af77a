import { cp, mkdir, readdir, readFile, rename, rm, stat, symlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { InstallStep, Template } from '../templates/template.ts';
import type { BuildContext } from './assemble.ts';
import { digestOf, hashTree } from './hash-tree.ts';
import { needsPackages, ownPackages } from './npm-packages.ts';
import { runStep, type Step } from './run-step.ts';

export interface InstallOptions extends Pick<Step, 'env' | 'signal' | 'onOutput'> {
  readonly template: Template;
  readonly context: BuildContext;
  /** The folder that keeps what steps made. */
  readonly cache: string;
  /** Told of a step that takes long. */
  readonly onSlow: (run: string) => void;
  /** Ignores what earlier builds kept. */
  readonly noCache: boolean;
}

/** Files by which a package manager installs. A step that waits for one of them does not depend on the code. */
const LISTS = [
  'package.json',
  'package-lock.json',
  'npm-shrinkwrap.json',
  '.npmrc',
  'requirements.txt',
  'Gemfile',
  'Gemfile.lock',
  'composer.json',
  'composer.lock',
  'cpanfile',
];

/**
 * Runs a template's install steps in a build context. What a step adds to the top of its folder is kept in
 * the cache and linked into the context, so that the same step on the same files runs once.
 *
 * @throws FaasError `function_failed` with the output of a step that failed
 */
export async function install(steps: readonly InstallStep[], options: InstallOptions): Promise<void> {
  for (const [index, step] of steps.entries()) await installStep(step, index, options);
}

async function installStep(step: InstallStep, index: number, options: InstallOptions): Promise<void> {
  const { context, template } = options;
  const folder = join(context.folder, step.in);
  if (step.when !== undefined && !(await exists(join(folder, step.when)))) return;
  if (isNpm(step)) {
    if (!(await needsPackages(folder)) || (await exists(join(folder, 'node_modules')))) return;
    const own = await ownPackages({ folder, source: context.source, forBundling: template.bundle?.mode === 'module' });
    if (own && folder === context.handlerFolder) return void (await symlink(own, join(folder, 'node_modules')));
  }
  const prefix = `${basename(context.folder)}.${index}.`;
  const key = `${prefix}${await keyOf(step, folder, options)}`;
  const cached = join(options.cache, key);
  if (!options.noCache && (await exists(cached))) return linkAll(cached, folder);
  const before = new Set(await readdir(folder));
  await runStep({ ...options, run: step.run, cwd: folder, onSlow: () => options.onSlow(step.run) });
  const added = (await readdir(folder)).filter((name) => !before.has(name));
  if (added.length === 0) return;
  await keep(added, folder, cached);
  await linkAll(cached, folder);
  await forgetOthers(options.cache, prefix, key);
}

const isNpm = (step: InstallStep): boolean => /^npm\s+(ci|i|install)\b/.test(step.run);

function keyOf(step: InstallStep, folder: string, options: InstallOptions): Promise<string> {
  const { context, template } = options;
  return digestOf('sha256', async (hash) => {
    hash.update(`${step.run}\0${step.in}\0`);
    if (step.when === undefined || !LISTS.includes(basename(step.when))) return hashTree(hash, context.folder);
    await hashTree(hash, template.folder);
    for (const place of new Set([folder, dirname(join(folder, step.when))]))
      for (const name of LISTS) {
        const content = await readFile(join(place, name)).catch(() => undefined);
        if (content) hash.update(`${name}\0`).update(content).update('\0');
      }
  });
}

/** Whole or not at all: a build that is killed leaves no half of a cache entry. */
async function keep(names: readonly string[], folder: string, cached: string): Promise<void> {
  const temporary = `${cached}.${crypto.randomUUID()}.tmp`;
  await mkdir(temporary, { recursive: true });
  for (const name of names) await rename(join(folder, name), join(temporary, name));
  await rm(cached, { recursive: true, force: true });
  await rename(temporary, cached).catch(async () => {
    // Another build was quicker: its result is as good.
    await rm(temporary, { recursive: true, force: true });
  });
}

/** Folders become links, which {@link ./pack.ts} follows; files are copied. */
async function linkAll(cached: string, folder: string): Promise<void> {
  for (const entry of await readdir(cached, { withFileTypes: true })) {
    const [from, to] = [join(cached, entry.name), join(folder, entry.name)];
    if (entry.isDirectory()) await symlink(from, to);
    else await cp(from, to, { verbatimSymlinks: true });
  }
}

async function forgetOthers(cache: string, prefix: string, key: string): Promise<void> {
  const names = await readdir(cache);
  const old = names.filter((name) => name.startsWith(prefix) && name !== key);
  await Promise.all(old.map((name) => rm(join(cache, name), { recursive: true, force: true })));
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );
