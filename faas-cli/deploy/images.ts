import { resolve } from 'node:path';
import { imageTag } from '../build/image-tag.ts';
import type { StackFunction } from '../stack/stack.ts';

/** A function and the name of its image under `--tag`. */
export interface TaggedFunction {
  readonly fn: StackFunction;
  readonly image: string;
}

export const withImages = (
  functions: readonly StackFunction[],
  tag: string,
  cwd: string,
): Promise<readonly TaggedFunction[]> =>
  Promise.all(
    functions.map(async (fn) => {
      // Functions that are only deployed keep their image's name to the letter.
      if (!fn.lang && tag === 'latest') return { fn, image: fn.image };
      const handler = fn.handler === undefined ? undefined : resolve(cwd, fn.handler);
      return { fn, image: await imageTag(fn.image, tag, { cwd, handler }) };
    }),
  );
