/** An image of 8 bits a channel: red, green, blue, alpha. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** The largest size of the same shape that fits into the wished one; a side that is not wished for follows. */
export function sizeWithin(
  from: Pick<Pixels, 'width' | 'height'>,
  wished: { readonly width?: number | undefined; readonly height?: number | undefined },
): { width: number; height: number } {
  const scale = Math.min((wished.width ?? Infinity) / from.width, (wished.height ?? Infinity) / from.height);
  const side = (length: number) => Math.max(1, Math.round(length * scale));
  return { width: side(from.width), height: side(from.height) };
}

/** Scales an image; each new pixel is the mean of what it covers, or lies between its neighbours when it grows. */
export function resize(from: Pixels, width: number, height: number): Pixels {
  const across = weights(from.width, width);
  const down = weights(from.height, height);
  // Colours weigh as much as they are opaque, or what is transparent would shine through at the edges.
  const rows = new Float32Array(width * from.height * 4);
  for (let y = 0; y < from.height; y++)
    for (let x = 0; x < width; x++) {
      const to = (y * width + x) * 4;
      const { first, shares } = across[x]!;
      for (const [index, share] of shares.entries()) {
        const at = (y * from.width + first + index) * 4;
        const alpha = share * from.data[at + 3]!;
        for (let channel = 0; channel < 3; channel++) rows[to + channel]! += from.data[at + channel]! * alpha;
        rows[to + 3]! += alpha;
      }
    }
  const data = new Uint8Array(width * height * 4);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const sum = [0, 0, 0, 0];
      const { first, shares } = down[y]!;
      for (const [index, share] of shares.entries())
        for (let channel = 0; channel < 4; channel++)
          sum[channel]! += rows[((first + index) * width + x) * 4 + channel]! * share;
      const to = (y * width + x) * 4;
      const alpha = sum[3]!;
      for (let channel = 0; channel < 3; channel++)
        data[to + channel] = alpha > 0 ? Math.round(sum[channel]! / alpha) : 0;
      data[to + 3] = Math.round(alpha);
    }
  return { width, height, data };
}

interface Weights {
  readonly first: number;
  /** How much of each source pixel, from `first` on; their sum is 1. */
  readonly shares: readonly number[];
}

/** A triangle as wide as two new pixels, or two old ones when it grows: bilinear, without gaps when it shrinks. */
function weights(from: number, to: number): readonly Weights[] {
  const scale = from / to;
  const reach = Math.max(1, scale);
  return Array.from({ length: to }, (_, index) => {
    const centre = (index + 0.5) * scale - 0.5;
    const first = Math.max(0, Math.ceil(centre - reach));
    const last = Math.min(from - 1, Math.floor(centre + reach));
    const raw = Array.from({ length: last - first + 1 }, (_each, offset) =>
      Math.max(0, 1 - Math.abs(first + offset - centre) / reach),
    );
    const sum = raw.reduce((total, share) => total + share, 0);
    return { first, shares: raw.map((share) => share / sum) };
  });
}
