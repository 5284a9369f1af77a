/** Rows of modules; true is dark. */
export type Code = boolean[][];

/** A code's fixed patterns; modules that are still to be set are missing. */
export type Blank = (boolean | undefined)[][];

/** Finder, timing and alignment patterns, the version, and room for the format. */
export function blankCode(version: number): Blank {
  const size = version * 4 + 17;
  const code: Blank = Array.from({ length: size }, () => Array.from({ length: size }, () => undefined));
  // The ring at distance 4 is the light separator.
  for (const [y, x] of [
    [3, 3],
    [3, size - 4],
    [size - 4, 3],
  ] as const)
    square(code, y, x, 4, (distance) => distance !== 2 && distance !== 4);
  for (let at = 8; at < size - 8; at += 1) code[6]![at] = code[at]![6] = at % 2 === 0;
  const centers = alignmentCenters(version, size);
  const last = centers.at(-1);
  for (const y of centers)
    for (const x of centers) {
      const isFinder = (y === 6 && (x === 6 || x === last)) || (y === last && x === 6);
      if (!isFinder) square(code, y, x, 2, (distance) => distance !== 1);
    }
  if (version >= 7) setVersion(code, version);
  setFormat(code, 0);
  return code;
}

function square(code: Blank, y: number, x: number, radius: number, isDark: (distance: number) => boolean): void {
  for (let dy = -radius; dy <= radius; dy += 1)
    for (let dx = -radius; dx <= radius; dx += 1) {
      const row = code[y + dy];
      if (row !== undefined && x + dx >= 0 && x + dx < code.length)
        row[x + dx] = isDark(Math.max(Math.abs(dy), Math.abs(dx)));
    }
}

/** Even distances from the far edge, the odd rest before 6 (ISO 18004, annex E). */
function alignmentCenters(version: number, size: number): number[] {
  if (version === 1) return [];
  const count = Math.floor(version / 7) + 2;
  // Version 32 is the one where the rule would give 28.
  const step = version === 32 ? 26 : Math.ceil((size - 13) / (2 * count - 2)) * 2;
  const far = Array.from({ length: count - 1 }, (_, index) => size - 7 - index * step);
  return [6, ...far.reverse()];
}

/** Appends the remainder of a BCH code to data bits. */
function withRemainder(data: number, bits: number, generator: number): number {
  let rest = data << bits;
  for (let bit = 31 - Math.clz32(rest); bit >= bits; bit = 31 - Math.clz32(rest)) rest ^= generator << (bit - bits);
  return (data << bits) | rest;
}

function setVersion(code: Blank, version: number): void {
  const bits = withRemainder(version, 12, 0x1f25);
  for (let bit = 0; bit < 18; bit += 1) {
    const [a, b] = [Math.floor(bit / 3), code.length - 11 + (bit % 3)];
    code[a]![b] = code[b]![a] = ((bits >> bit) & 1) === 1;
  }
}

/** Level M is 00; the mask follows. Written twice, and one module that is always dark. */
function setFormat(code: Blank, mask: number): void {
  const bits = withRemainder(mask, 10, 0x537) ^ 0x5412;
  const size = code.length;
  for (let bit = 0; bit < 15; bit += 1) {
    const dark = ((bits >> bit) & 1) === 1;
    // Around the first finder, past the timing pattern; and along the two others.
    if (bit < 8) code[bit + (bit > 5 ? 1 : 0)]![8] = dark;
    else code[8]![bit === 8 ? 7 : 14 - bit] = dark;
    if (bit < 8) code[8]![size - 1 - bit] = dark;
    else code[size - 15 + bit]![8] = dark;
  }
  code[size - 8]![8] = true;
}

const MASKS: readonly ((y: number, x: number) => boolean)[] = [
  (y, x) => (y + x) % 2 === 0,
  (y) => y % 2 === 0,
  (_, x) => x % 3 === 0,
  (y, x) => (y + x) % 3 === 0,
  (y, x) => (Math.floor(y / 2) + Math.floor(x / 3)) % 2 === 0,
  (y, x) => ((y * x) % 2) + ((y * x) % 3) === 0,
  (y, x) => (((y * x) % 2) + ((y * x) % 3)) % 2 === 0,
  (y, x) => (((y + x) % 2) + ((y * x) % 3)) % 2 === 0,
];

/** Sets the codewords in columns of two, up and down from the right, under the mask that readers like best. */
export function placeData(blank: Blank, words: readonly number[]): Code {
  const places = freePlaces(blank);
  const candidates = MASKS.map((isMasked, mask) => {
    const code = blank.map((row) => [...row]);
    for (const [index, [y, x]] of places.entries()) {
      const bit = ((words[index >> 3] ?? 0) >> (7 - (index & 7))) & 1;
      code[y]![x] = (bit === 1) !== isMasked(y, x);
    }
    setFormat(code, mask);
    return code as Code;
  });
  const penalties = candidates.map(penalty);
  return candidates[penalties.indexOf(Math.min(...penalties))]!;
}

function freePlaces(blank: Blank): [number, number][] {
  const size = blank.length;
  const places: [number, number][] = [];
  let upwards = true;
  for (let right = size - 1; right > 0; right -= 2, upwards = !upwards) {
    // The column of the timing pattern is left out.
    if (right === 6) right = 5;
    for (let step = 0; step < size; step += 1) {
      const y = upwards ? size - 1 - step : step;
      for (const x of [right, right - 1]) if (blank[y]![x] === undefined) places.push([y, x]);
    }
  }
  return places;
}

/** What makes a code hard to read, as ISO 18004, 7.8.3 counts it: runs, blocks, shapes like a finder, imbalance. */
function penalty(code: Code): number {
  const size = code.length;
  const lines = [...code, ...code.map((_, x) => code.map((row) => row[x]!))].map((line) =>
    line.map((dark) => (dark ? '1' : '0')).join(''),
  );
  let sum = 0;
  for (const line of lines) {
    for (const run of line.match(/0{5,}|1{5,}/g) ?? []) sum += run.length - 2;
    sum += 40 * (line.match(/(?=10111010000|00001011101)/g)?.length ?? 0);
  }
  for (let y = 1; y < size; y += 1)
    for (let x = 1; x < size; x += 1) {
      const dark = code[y]![x];
      if (code[y - 1]![x] === dark && code[y]![x - 1] === dark && code[y - 1]![x - 1] === dark) sum += 3;
    }
  const share = code.flat().filter(Boolean).length / size ** 2;
  return sum + 10 * Math.floor(Math.abs(share * 20 - 10));
}
