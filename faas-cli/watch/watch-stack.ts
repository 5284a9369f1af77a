import { readFile, realpath } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';
import type { Context } from '../context.ts';
import { printError } from '../print-error.ts';
import type { LoadedStack } from '../stack/load-stack.ts';
import { ignoredBy } from './ignored.ts';
import { PathWatch, type WatchedPaths } from './watch-paths.ts';

/**
 * Calls `apply` for all functions, then again for those whose handler, environment files or stack file was saved, until
 * the signal aborts. A failure is printed, and the watch goes on.
 *
 * @param apply reads the stack file itself, and gets the names of the functions; undefined is all
 */
export async function watchStack(
  context: Context,
  load: () => Promise<LoadedStack>,
  apply: (names: ReadonlySet<string> | undefined) => Promise<void>,
): Promise<void> {
  const { cwd, signal, stdout, stderr } = context;
  const project = await realpath(cwd);
  const isIgnored = ignoredBy(await readFile(join(cwd, '.gitignore'), 'utf8').catch(() => ''));
  let names: ReadonlySet<string> | undefined;
  let stack = await load();
  while (!signal.aborted) {
    const watch = new PathWatch(watchedOf(stack, project), (path) => isIgnored(relative(project, path)));
    try {
      for (let again = true; again && !signal.aborted; ) {
        await apply(names).catch((error) => signal.aborted || printError(error, context));
        if (signal.aborted) return;
        stdout.write(`Watching ${stack.functions.length} function(s) for changes; Ctrl-C ends.\n`);
        const changed = await watch.next(signal);
        if (!changed) return;
        stderr.write(`Changed: ${[...changed].map((path) => relative(project, path)).join(', ')}\n`);
        again = !changed.has(join(project, stack.file));
        names = again ? affected(stack, changed, project) : undefined;
      }
    } finally {
      watch.close();
    }
    // A stack file in the middle of an edit: the former one goes on until it can be read again. `apply` says so.
    stack = await load().catch(() => stack);
  }
}

function watchedOf(stack: LoadedStack, project: string): WatchedPaths {
  const files = [stack.file, ...stack.functions.flatMap((fn) => fn.environmentFiles)].map((file) =>
    resolve(project, file),
  );
  return {
    folders: [...new Set(stack.functions.flatMap((fn) => (fn.handler ? [resolve(project, fn.handler)] : [])))],
    files: [...new Set(files)].map((file) => ({ folder: dirname(file), name: basename(file) })),
  };
}

function affected(stack: LoadedStack, changed: ReadonlySet<string>, project: string): ReadonlySet<string> {
  const touched = stack.functions.filter((fn) => {
    const sources = [...(fn.handler ? [fn.handler] : []), ...fn.environmentFiles].map((path) => resolve(project, path));
    return [...changed].some((path) => sources.some((source) => path === source || path.startsWith(`${source}/`)));
  });
  return new Set(touched.map(({ name }) => name));
}
