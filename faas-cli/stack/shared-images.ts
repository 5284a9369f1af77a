import type { StackFunction } from './stack.ts';

/** One line for each image that functions are built to which differ in what is built: all would run the last one. */
export function sharedImages(functions: readonly StackFunction[], file: string): string[] {
  const built = functions.filter(({ lang, skipBuild }) => lang !== undefined && !skipBuild);
  return Map.groupBy(built, ({ image }) => image)
    .entries()
    .filter(([, sharing]) => new Set(sharing.map(sourceOf)).size > 1)
    .map(([image, sharing]) => {
      const names = sharing.map(({ name }) => name).join(', ');
      return `${file}: ${names} are built to the same image, ${image}, so all run what is built last; give each its own`;
    })
    .toArray();
}

const sourceOf = ({ lang, handler, buildArgs, buildOptions }: StackFunction): string =>
  JSON.stringify([lang, handler, buildArgs, buildOptions]);
