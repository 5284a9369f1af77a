import { execFile } from 'node:child_process';
import { readFile, rename, stat, writeFile } from 'node:fs/promises';
import { basename, extname, join, relative } from 'node:path';
import { FaasError } from '../../common/errors.ts';
import type { Surroundings } from '../context.ts';
import type { BuildContext } from './assemble.ts';

/** The one file that a module's bundle runs. */
const MODULE_FILE = 'handler.js';

export interface ModuleSource {
  readonly name: string;
  readonly context: BuildContext;
  /** In the context, such as `function/handler.ts`. */
  readonly entry: string;
  /** The handler's folder as the user names it, for messages. */
  readonly handler: string;
  readonly bundler: Surroundings['bundler'];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
}

/**
 * Bundles a handler with what it imports to `handler.js` and `handler.js.map` in a folder of its own. Not minified, so
 * that stack traces can be read. Returns the folder.
 *
 * @throws FaasError `invalid_request` with file, line, column and source line of each error
 */
export async function bundleModule(source: ModuleSource): Promise<string> {
  const { context, entry, name } = source;
  const entryFile = join(context.folder, entry);
  const inFolder = relative(context.handlerFolder, entryFile);
  // In the handler itself: the context has the template's skeleton, which is not what is to be deployed.
  const own = inFolder.startsWith('..') ? entryFile : join(context.source, inFolder);
  if (!(await stat(own).catch(() => undefined))?.isFile()) {
    const inHandler = join(source.handler, inFolder);
    throw new FaasError(
      'invalid_request',
      `function ${name} has no ${inHandler}, where its template starts it; name the file so, or choose another template with lang`,
    );
  }
  const out = join(context.folder, '.bundle');
  const args = ['build', entry, '--target=bun', '--format=esm', '--sourcemap=linked', '--env=disable', '--outdir', out];
  await runBundler(source, args);
  const made = join(out, basename(entry, extname(entry)));
  if (basename(made) !== basename(MODULE_FILE, '.js')) {
    await rename(`${made}.js`, join(out, MODULE_FILE));
    await rename(`${made}.js.map`, join(out, `${MODULE_FILE}.map`));
  }
  await tidySourceMap(join(out, `${MODULE_FILE}.map`));
  return out;
}

/** Paths in stack traces begin where the function does, not where it was built: `function/handler.ts`. */
async function tidySourceMap(file: string): Promise<void> {
  const map = JSON.parse(await readFile(file, 'utf8')) as { sources: string[] };
  map.sources = map.sources.map((path) => path.replace(/^.*\/(?=node_modules\/)/, '').replace(/^(\.\.\/)+/, ''));
  await writeFile(file, JSON.stringify(map));
}

function runBundler(source: ModuleSource, args: readonly string[]): Promise<void> {
  const { bundler, context, signal } = source;
  const options = { cwd: context.folder, env: { ...withoutBun(source.env), ...bundler.env, NO_COLOR: '1' }, signal };
  return new Promise((resolve, reject) => {
    execFile(bundler.program, [...args], { ...options, maxBuffer: 64 * 1024 * 1024 }, (error, _stdout, stderr) => {
      if (!error) return resolve();
      if (signal.aborted) return reject(signal.reason);
      if (error.code === 'ENOENT')
        return reject(new FaasError('internal_error', `the bundler ${bundler.program} is missing; run: npm ci`));
      reject(new FaasError('invalid_request', explain(stderr || error.message, source)));
    });
  });
}

/** The bundler's own variables could change what it makes. */
function withoutBun(env: Readonly<Record<string, string | undefined>>): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !/^(BUN_|NODE_OPTIONS$|FORCE_COLOR$)/.test(name)));
}

/** The bundler's messages, with the paths of the user's files instead of those of the build context. */
function explain(output: string, { name, context, handler }: ModuleSource): string {
  const remedy = `; add it to package.json with "npm install" in ${handler}`;
  const text = output
    .replaceAll(`${context.handlerFolder}/`, `${handler.replace(/\/+$/, '').replace(/^\.\//, '')}/`)
    .replaceAll(`${context.folder}/`, '')
    .replaceAll(/\. Maybe you need to "bun install"\?/g, remedy)
    .trimEnd();
  return `function ${name} cannot be bundled:\n${text}`;
}
