import jpeg from 'jpeg-js';
import { PNG } from 'pngjs';
import type { Pixels } from './pixels.ts';

export type Format = 'png' | 'jpeg';

/** Decoded, an image takes four bytes a pixel; a few hundred bytes can claim to be gigapixels. */
const MAX_MEGAPIXELS = 40;

/** What is wrong with an image, for the caller. */
export class BadImage extends Error {}

export function formatOf(bytes: Uint8Array): Format {
  if (startsWith(bytes, [0x89, 0x50, 0x4e, 0x47])) return 'png';
  if (startsWith(bytes, [0xff, 0xd8, 0xff])) return 'jpeg';
  throw new BadImage('The body is neither PNG nor JPEG');
}

/** @throws BadImage for what cannot be read or is too large */
export function decode(bytes: Uint8Array, format: Format): Pixels {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    if (format === 'png') {
      checkSize(buffer);
      return PNG.sync.read(buffer);
    }
    return jpeg.decode(buffer, { useTArray: true, maxResolutionInMP: MAX_MEGAPIXELS, maxMemoryUsageInMB: 1024 });
  } catch (cause) {
    if (cause instanceof BadImage) throw cause;
    const { message } = cause as Error;
    if (/maxResolutionInMP|maxMemoryUsageInMB/.test(message)) throw tooLarge();
    throw new BadImage(`The ${format.toUpperCase()} cannot be read: ${message}`, { cause });
  }
}

export function encode({ width, height, data }: Pixels, format: Format, quality: number): Uint8Array {
  if (format === 'jpeg') return jpeg.encode({ width, height, data: onWhite(data) }, quality).data;
  const png = new PNG({ width, height });
  png.data = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  return PNG.sync.write(png);
}

/** The header, which comes first (PNG specification, 11.2.2), before anything is unpacked. */
function checkSize(png: Buffer): void {
  if (png.length < 24) throw new BadImage('The PNG ends within its header');
  if (png.readUInt32BE(16) * png.readUInt32BE(20) > MAX_MEGAPIXELS * 1e6) throw tooLarge();
}

const tooLarge = (): BadImage => new BadImage(`The image has more than ${MAX_MEGAPIXELS} million pixels`);

/** JPEG has no transparency. */
function onWhite(data: Uint8Array): Uint8Array {
  const out = new Uint8Array(data.length);
  for (let at = 0; at < data.length; at += 4) {
    const alpha = data[at + 3]! / 255;
    for (let channel = 0; channel < 3; channel++)
      out[at + channel] = Math.round(data[at + channel]! * alpha + 255 * (1 - alpha));
    out[at + 3] = 255;
  }
  return out;
}

const startsWith = (bytes: Uint8Array, magic: readonly number[]): boolean =>
  magic.every((byte, index) => bytes[index] === byte);
