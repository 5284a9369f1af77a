/** Powers of 2 in the field of 256 elements modulo x^8 + x^4 + x^3 + x^2 + 1 (ISO 18004, 7.5), and their logarithms. */
const POWERS: number[] = [];
const LOGARITHMS: number[] = [];
for (let exponent = 0, power = 1; exponent < 255; exponent += 1) {
  POWERS.push(power);
  LOGARITHMS[power] = exponent;
  power <<= 1;
  if (power > 255) power ^= 0x11d;
}

const multiply = (a: number, b: number): number =>
  a === 0 || b === 0 ? 0 : POWERS[(LOGARITHMS[a]! + LOGARITHMS[b]!) % 255]!;

/** The correction codewords: the remainder of the message by (x - 2^0)(x - 2^1) ... of the given degree. */
export function remainder(message: readonly number[], degree: number): number[] {
  let generator = [1];
  for (let exponent = 0; exponent < degree; exponent += 1)
    generator = [...generator, 0].map((term, index) => term ^ multiply(generator[index - 1] ?? 0, POWERS[exponent]!));
  const rest = [...message, ...Array.from({ length: degree }, () => 0)];
  for (let at = 0; at < message.length; at += 1) {
    const factor = rest[at]!;
    for (const [index, term] of generator.entries()) rest[at + index]! ^= multiply(term, factor);
  }
  return rest.slice(message.length);
}
