import { blankCode, type Code, placeData } from './matrix.ts';
import { remainder } from './reed-solomon.ts';

export class TooLong extends Error {}

/** Error correction codewords of a block, and blocks, of version 1, 2 ... at level M (ISO 18004, table 9). */
const CORRECTION =
  '10 16 26 18 24 16 18 22 22 26 30 22 22 24 24 28 28 26 26 26 26 28 28 28 28 28 28 28 28 28 28 28 28 28 28 28 28 28 28 28'
    .split(' ')
    .map(Number);
const BLOCKS =
  '1 1 1 2 2 4 4 4 5 5 5 8 9 9 10 10 11 13 14 16 17 17 18 20 21 23 25 26 28 29 31 33 35 37 38 40 43 45 47 49'
    .split(' ')
    .map(Number);
const BYTE_MODE = 4;

/** The smallest QR code of bytes, at error correction level M. @throws TooLong */
export function encode(bytes: Uint8Array): Code {
  const version = BLOCKS.findIndex((_, index) => capacity(index + 1) >= bytes.length) + 1;
  if (version === 0)
    throw new TooLong(`The text has ${bytes.length} bytes; a QR code of this kind holds ${capacity(40)}.`);
  return placeData(blankCode(version), interleaved(dataCodewords(bytes, version), version));
}

/** Bytes that fit beside the mode and the length. */
function capacity(version: number): number {
  return dataSize(version) - (version < 10 ? 2 : 3);
}

const dataSize = (version: number): number =>
  Math.floor(dataModules(version) / 8) - CORRECTION[version - 1]! * BLOCKS[version - 1]!;

/** Modules that are left by all patterns and informations. */
function dataModules(version: number): number {
  const side = version * 4 + 17;
  const finders = 3 * 64;
  const alignments = version === 1 ? 0 : Math.floor(version / 7) + 2;
  const alignmentModules = version === 1 ? 0 : (alignments ** 2 - 3) * 25 - (alignments - 2) * 2 * 5;
  const timing = 2 * (side - 16);
  return side ** 2 - finders - alignmentModules - timing - 31 - (version < 7 ? 0 : 36);
}

function dataCodewords(bytes: Uint8Array, version: number): number[] {
  const lengthBits = version < 10 ? 8 : 16;
  const bits: number[] = [];
  const append = (value: number, count: number) => {
    for (let bit = count - 1; bit >= 0; bit -= 1) bits.push((value >> bit) & 1);
  };
  append(BYTE_MODE, 4);
  append(bytes.length, lengthBits);
  for (const byte of bytes) append(byte, 8);
  append(0, 4);
  const words: number[] = [];
  for (let at = 0; at + 8 <= bits.length; at += 8)
    words.push(bits.slice(at, at + 8).reduce((word, bit) => (word << 1) | bit, 0));
  for (let pad = 0xec; words.length < dataSize(version); pad ^= 0xec ^ 0x11) words.push(pad);
  return words;
}

/** Split into blocks, short ones first, each with its correction, then taken word by word from all blocks. */
function interleaved(words: readonly number[], version: number): number[] {
  const [count, correction] = [BLOCKS[version - 1]!, CORRECTION[version - 1]!];
  const short = Math.floor(words.length / count);
  const blocks: number[][] = [];
  for (let at = 0; blocks.length < count; ) {
    const length = short + (blocks.length >= count - (words.length % count) ? 1 : 0);
    blocks.push(words.slice(at, at + length));
    at += length;
  }
  const corrections = blocks.map((block) => remainder(block, correction));
  const mixed = (lists: readonly number[][], length: number) =>
    Array.from({ length }, (_, index) => lists.flatMap((list) => (index < list.length ? [list[index]!] : []))).flat();
  return [...mixed(blocks, short + 1), ...mixed(corrections, correction)];
}
