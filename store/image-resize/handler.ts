import { BadImage, decode, encode, type Format, formatOf } from './codec.ts';
import { resize, sizeWithin } from './pixels.ts';

const MAX_SIDE = 8192;
const DEFAULT_QUALITY = 80;

/** Scales a PNG or JPEG to fit into `?width=` and `?height=`; `format` and `quality` say how it is written. */
export default {
  async fetch(request: Request): Promise<Response> {
    try {
      const query = new URL(request.url).searchParams;
      const width = side(query, 'width');
      const height = side(query, 'height');
      if (width === undefined && height === undefined) throw new BadImage('Give width, height or both: ?width=320');
      const quality = whole(query, 'quality', 100) ?? DEFAULT_QUALITY;
      const bytes = new Uint8Array(await request.arrayBuffer());
      const from = formatOf(bytes);
      const to = wanted(query.get('format'), from);
      const pixels = decode(bytes, from);
      const size = sizeWithin(pixels, { width, height });
      const made = encode(resize(pixels, size.width, size.height), to, quality);
      const headers = { 'content-type': `image/${to}`, 'x-image-size': `${size.width}x${size.height}` };
      return new Response(Uint8Array.from(made), { headers });
    } catch (error) {
      if (error instanceof BadImage) return new Response(`${error.message}\n`, { status: 400 });
      throw error;
    }
  },
};

const side = (query: URLSearchParams, name: string) => whole(query, name, MAX_SIDE);

function whole(query: URLSearchParams, name: string, most: number): number | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= 1 && value <= most) return value;
  throw new BadImage(`${name} must be a whole number from 1 to ${most}, got ${text}`);
}

function wanted(given: string | null, from: Format): Format {
  if (given === null) return from;
  if (given === 'png' || given === 'jpeg') return given;
  throw new BadImage(`format must be png or jpeg, got ${given}`);
}
