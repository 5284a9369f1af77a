/** What no editor's save means: packages, repositories, editors' own files. */
const ALWAYS = ['node_modules', '.git', '*.swp', '*.swx', '*~', '4913', '.#*', '#*#'];

/**
 * Tells whether a path, relative to the project, is one that .gitignore leaves out. Of git's rules: names and globs
 * anywhere, paths from the root, folders, comments, and `!` to take back.
 */
export function ignoredBy(gitignore: string): (path: string) => boolean {
  const rules = [...ALWAYS, ...gitignore.split('\n')]
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('# ') && line !== '#')
    .map((line) => {
      const negated = line.startsWith('!');
      const pattern = line.slice(negated ? 1 : 0).replace(/\/+$/, '');
      const anchored = pattern.includes('/');
      const glob = pattern.replace(/^\//, '');
      const source = glob
        .replace(/[.+^${}()|[\]\\]/g, '\\$&')
        .replaceAll('**', '\0')
        .replaceAll('*', '[^/]*');
      const expression = source.replaceAll('?', '[^/]').replaceAll('\0', '.*');
      return { negated, test: new RegExp(anchored ? `^${expression}(/|$)` : `(^|/)${expression}(/|$)`) };
    });
  return (path) => {
    let ignored = false;
    for (const { negated, test } of rules) if (test.test(path)) ignored = !negated;
    return ignored;
  };
}
