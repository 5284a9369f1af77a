import { READ_BUFFER } from './read-buffer.ts';

/** Bytes of the slabs; in the largest fits a full read with a head before it. */
const SIZES = [4096, 16_384, READ_BUFFER.length + 16_384] as const;
/** Kept for use again, of each size; more were in use at once at some time. */
const MAX_FREE = 64;

const free: Buffer[][] = SIZES.map(() => []);

/**
 * Memory for a copy that lasts until it is written. Node makes memory outside of its heap for each larger buffer, which
 * costs more than a copy and brings on whole collections.
 *
 * @returns at least `bytes` long; undefined when that is larger than any slab
 */
export function takeSlab(bytes: number): Buffer | undefined {
  const kind = SIZES.findIndex((size) => size >= bytes);
  return kind === -1 ? undefined : (free[kind]!.pop() ?? Buffer.allocUnsafeSlow(SIZES[kind]!));
}

/** Nobody reads or writes the slab any more. One that is never given back is collected as any buffer. */
export function giveSlab(slab: Buffer): void {
  const slabs = free[SIZES.indexOf(slab.length as (typeof SIZES)[number])]!;
  if (slabs.length < MAX_FREE) slabs.push(slab);
}
